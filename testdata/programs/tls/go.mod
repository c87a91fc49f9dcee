module example.org/tls

go 1.24

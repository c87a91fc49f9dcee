module example.com/fipsinfo

go 1.24

module example.com/duppkg

go 1.24

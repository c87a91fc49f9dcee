module example.com/pulled

go 1.24

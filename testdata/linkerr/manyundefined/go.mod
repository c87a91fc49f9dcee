module example.com/manyundefined

go 1.24

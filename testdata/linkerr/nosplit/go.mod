module example.com/nosplit

go 1.24

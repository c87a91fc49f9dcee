module example.com/wrongabi

go 1.24

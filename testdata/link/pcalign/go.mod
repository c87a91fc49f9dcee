module example.com/pcalign

go 1.24

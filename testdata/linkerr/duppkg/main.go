package main

import (
	_ "example.com/duppkg/a"
	_ "example.com/duppkg/b"
)

func main() {}

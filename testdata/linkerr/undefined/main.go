package main

import "fmt"

func missing(x int) int
func alsoMissing()

var f = alsoMissing

func main() { fmt.Println(missing(1)); f() }

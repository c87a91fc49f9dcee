package main

import (
	"fmt"
	_ "unsafe"
)

//go:linkname newPrinter fmt.newPrinter
func newPrinter() uintptr

//go:linkname fmtvar fmt.ppFree
var fmtvar uintptr

func main() { fmt.Println(newPrinter(), fmtvar) }

// Assembly: PCALIGN raises the alignment of functions and of .text; ABI0
// functions called from Go get wrappers; data from DATA and GLOBL.
package main

import "fmt"

func aligned(x uint64) uint64
func spin(n uint64) uint64

var table [4]uint64

func callback(x uint64) uint64 { return x + 1 }

func main() {
	fmt.Println(aligned(1), spin(10), table[2])
}

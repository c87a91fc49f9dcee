// linkname in both directions: a function and a variable pulled from the
// runtime, and one of ours pushed under another package's name.
package main

import (
	"fmt"
	_ "unsafe"

	"example.com/pulled/inner"
)

//go:linkname nanotime runtime.nanotime
func nanotime() int64

//go:linkname zeroVal runtime.zeroVal
var zeroVal [1024]byte

//go:linkname pushed example.com/pulled/inner.Pulled
func pushed(x int) int { return x * 2 }

func main() {
	fmt.Println(nanotime() > 0, zeroVal[3], inner.Call(21))
}

// Cgo is small with a little C in it: its final link is always done by the
// C toolchain's linker. Built with -buildmode=c-shared it is a library with
// one function.
package main

// static int answer(void) { return 42; }
import "C"

import (
	"crypto/hmac"
	"crypto/sha256"
	"os"
)

// Bytes outside of the module, for tests that damage them.
var mark = []byte("a mark outside of the module\n")

//export Started
func Started() C.int {
	h := hmac.New(sha256.New, mark)
	return C.answer() + C.int(len(h.Sum(nil))-sha256.Size)
}

func main() {
	if Started() == 42 {
		os.Stdout.WriteString("started\n")
	}
}

// The program around the example: says what the assembly computed, and whether
// the module, the example in it, has been checked.
package main

import (
	"crypto/fips140"
	"crypto/internal/fips140/example"
	"os"
)

func main() {
	if example.Sum([]byte("foobar")) != 0x85944171f73967e8 {
		os.Stdout.WriteString("example: WRONG\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("example: right\n")
	if fips140.Enabled() {
		os.Stdout.WriteString("example: in FIPS mode, and intact\n")
	}
}

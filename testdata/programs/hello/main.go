// Hello uses no cryptography: its linker writes a sum nevertheless, over
// brackets with nothing between them.
package main

import "os"

func main() {
	os.Stdout.WriteString("started\n")
}

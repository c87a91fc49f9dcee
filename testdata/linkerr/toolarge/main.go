// Variables beyond the 2 GB that a pc-relative reference reaches.
package main

var a, b [1200 << 20]byte

func main() {
	println(&a[len(a)-1], &b[len(b)-1])
}

package main

import _ "unsafe"

//go:linkname fips go:fipsinfo
var fips [120]byte

func main() { println(fips[0]) }

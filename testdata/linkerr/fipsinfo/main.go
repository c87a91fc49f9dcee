package main

import _ "unsafe"

//go:linkname fips go:fipsinfo
func fips()

func main() { fips() }

package a

import _ "unsafe"

//go:linkname f example.com/nowhere.same
func f() string { return "a" }

var G = f

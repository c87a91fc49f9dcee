package b

import _ "unsafe"

//go:linkname f example.com/nowhere.same
func f() string { return "b" }

var G = f

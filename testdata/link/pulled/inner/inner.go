package inner

import _ "unsafe"

// Pulled is defined by whoever links to this package.
func Pulled(x int) int

func Call(x int) int { return Pulled(x) }

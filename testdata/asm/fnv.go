// Package example is hand-written FIPS code. What makes it part of the module
// that hashes itself is its import path, crypto/internal/fips140/example,
// which the flag -p gives it: see build.
package example

// Who imports this is checked before it is used.
import _ "crypto/internal/fips140/check"

// Sum returns the 64-bit FNV-1a hash of data. Assembly.
//
//go:noescape
func Sum(data []byte) uint64

//go:build fipsoff

// The same program, with the module's own mode off by default.

//go:debug fips140=off
package main

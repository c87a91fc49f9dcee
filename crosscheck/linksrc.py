"""Programs for the linker that are too dull to be written by hand."""
import os

from gofips import OUT, write

BIGMAP = '''// Large map literals: the compiler outlines their initialisation, and the
// linker drops the functions for maps that nothing reads.
package main

import (
	"fmt"
	"os"
)

%s
func main() {
	fmt.Println(used["key" + fmt.Sprint(len(os.Args))])
}
'''

TIES = '''// Types that are written the same way: local types of one name in many
// functions tie where cmd/link sorts descriptors by their text.
package main

import (
	"fmt"
	"reflect"
)

%s
func main() {
	for _, f := range []func() any{%s} {
		for _, x := range f().([]any) {
			fmt.Println(reflect.TypeOf(x))
		}
	}
}
'''

TIE = '''func f%d() any {
	type local struct{ x%d int }
	type other []local
	return []any{map[string]local{}, (*other)(nil), [%d]*local{},
		func(local) other { return nil }}
}
'''

SCALED = '''// A program whose number of symbols grows with its length.
package main

import "fmt"

%s
func main() {
%s}
'''

PIECE = '''type T%d struct{ a, b int; next *T%d; f func(*T%d) string }

func (t *T%d) String() string { return fmt.Sprintf("t%d %%d", t.a) }

var v%d = &T%d{a: %d, f: func(t *T%d) string { return t.String() + "%d" }}
'''


def bigmap():
	maps = ""
	for name, n in (("used", 200), ("unused", 300), ("alsoUnused", 120)):
		maps += "var %s = map[string][]int{\n" % name
		for i in range(n):
			maps += '\t"key%d": {%d, %d},\n' % (i, i, i * i)
		maps += "}\n"
	return BIGMAP % maps


def ties(n=40):
	return TIES % ("".join(TIE % (i, i % 7, i % 5) for i in range(n)),
		       ", ".join("f%d" % i for i in range(n)))


def scaled(n):
	"""n pieces, used by functions of 500 each, that the compiler may not
	take longer for one than for the others."""
	decls = "".join(PIECE % ((i,) * 10) for i in range(n))
	calls = ""
	for first in range(0, n, 500):
		decls += "func use%d() {\n%s}\n" % (first, "".join(
			"\tfmt.Println(v%d, v%d.f(v%d))\n" % (i, i, i)
			for i in range(first, min(n, first + 500))))
		calls += "\tuse%d()\n" % first
	return SCALED % (decls, calls)


GENERATED = {"bigmap": bigmap, "ties": ties,
	     "scaled0": lambda: scaled(1),
	     "scaled1": lambda: scaled(4000),
	     "scaled4": lambda: scaled(16000)}


def generate(name):
	"""The directory with the source of that program."""
	dir = OUT + "/linksrc/" + name
	os.makedirs(dir, exist_ok=True)
	write(dir + "/main.go", GENERATED[name]().encode())
	write(dir + "/go.mod", b"module example.com/%s\n\ngo 1.24\n"
	      % name.encode())
	return dir

package main

type I interface{ M(int) int }
type T struct {
	a int
	p *T
	s string
	f []byte
}

func (t *T) M(x int) int { return add(t.a, x) }
func (t T) Name() string { return t.s }

func add(a, b int) int { return a + b }

const C = 42

var g T
var h = &T{a: 1, s: "hello"}
var arr [4]*T
var cnt [100]byte

func gen[P any](x *P) *P { return x }

func main() {
	var i I = h
	defer func() { cnt[0]++ }()
	g.a = i.M(3)
	arr[1] = gen(&g)
	println(h.Name(), C)
}

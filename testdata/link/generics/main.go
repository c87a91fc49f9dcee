// Generic code: dictionaries, shapes, many instances of the same function in
// several packages (content-addressed text and types).
package main

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync/atomic"
)

type Number interface {
	~int | ~int8 | ~int64 | ~uint8 | ~float64
}

type Celsius float64

type Tree[K cmp.Ordered, V any] struct {
	left, right *Tree[K, V]
	key         K
	val         V
}

func (t *Tree[K, V]) Put(k K, v V) *Tree[K, V] {
	if t == nil {
		return &Tree[K, V]{key: k, val: v}
	}
	switch c := cmp.Compare(k, t.key); {
	case c < 0:
		t.left = t.left.Put(k, v)
	case c > 0:
		t.right = t.right.Put(k, v)
	default:
		t.val = v
	}
	return t
}

func (t *Tree[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { t.push(yield) }
}

func (t *Tree[K, V]) push(yield func(K, V) bool) bool {
	return t == nil ||
		t.left.push(yield) && yield(t.key, t.val) && t.right.push(yield)
}

func Sum[T Number](xs ...T) (s T) {
	for _, x := range xs {
		s += x
	}
	return s
}

func Map[T, U any](xs []T, f func(T) U) []U {
	var out []U
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

type Stringer[T any] interface{ Show(T) string }

type shower[T any] struct{ prefix string }

func (s shower[T]) Show(t T) string { return fmt.Sprintf("%s%v", s.prefix, t) }

func show[T any](s Stringer[T], t T) string { return s.Show(t) }

func main() {
	var byName *Tree[string, int]
	for i, s := range []string{"one", "two", "three"} {
		byName = byName.Put(s, i)
	}
	for k, v := range byName.All() {
		fmt.Println(k, v)
	}
	var byTemp *Tree[Celsius, []string]
	byTemp = byTemp.Put(20.5, []string{"warm"})
	for k, v := range byTemp.All() {
		fmt.Println(k, v)
	}
	fmt.Println(Sum(1, 2, 3), Sum(1.5, 2), Sum[int8](1), Sum[Celsius](2))
	fmt.Println(Map([]int{1, 2}, func(i int) string { return fmt.Sprint(i) }))
	fmt.Println(show[int](shower[int]{"n="}, 3), show[error](shower[error]{"e="}, nil))
	m := map[[2]int]struct{ a, b any }{{1, 2}: {1, "x"}}
	fmt.Println(slices.Collect(maps.Keys(m)))
	var p atomic.Pointer[Tree[uint8, chan<- func(Celsius)]]
	fmt.Println(p.Load() == nil)
}

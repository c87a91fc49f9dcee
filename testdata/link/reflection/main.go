// Reflection: methods found by constant names, by computed names, unexported
// methods, embedded interfaces, and types that only reflection makes.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
)

type Shape interface {
	Area() float64
	hidden() int
}

type Square struct{ Side float64 }

func (s Square) Area() float64          { return s.Side * s.Side }
func (s Square) hidden() int            { return 1 }
func (s *Square) Grow(by float64) error { s.Side += by; return nil }
func (s *Square) Unused() string        { return "never called" }

type Named struct {
	Shape
	Name string `json:"name,omitempty" xml:"n"`
	any
}

func (n Named) Hello(who string) string { return "hello " + who + " from " + n.Name }

type generic[T any] struct{ X T }

func (g generic[T]) Get() T { return g.X }

func main() {
	sq := &Square{2}
	v := reflect.ValueOf(sq)
	v.MethodByName("Grow").Call([]reflect.Value{reflect.ValueOf(1.0)})
	fmt.Println(sq.Area())

	n := Named{Shape: sq, Name: "n"}
	name := "Hel"
	if len(os.Args) < 100 {
		name += "lo"
	}
	m := reflect.ValueOf(n).MethodByName(name)
	fmt.Println(m.Call([]reflect.Value{reflect.ValueOf("you")}))

	t := reflect.TypeOf(n)
	for i := range t.NumField() {
		f := t.Field(i)
		fmt.Println(f.Name, f.Type, f.Tag.Get("json"), f.Anonymous)
	}
	st := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[map[string][]int]()},
		{Name: "B", Type: reflect.ArrayOf(3, reflect.TypeFor[error]())},
	})
	fmt.Println(reflect.New(st).Elem().Interface())
	fmt.Println(reflect.FuncOf([]reflect.Type{st}, nil, false))
	fmt.Println(reflect.TypeOf(generic[chan int]{}).Method(0).Name)
	fmt.Println(errors.As(fmt.Errorf("x: %w", os.ErrNotExist), new(*os.PathError)))
}

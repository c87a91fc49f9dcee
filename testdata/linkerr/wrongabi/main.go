package main

import "fmt"

func asmFunc()

func main() { asmFunc(); fmt.Println() }

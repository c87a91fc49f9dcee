package main

func deep()
func missing()

func main() { deep(); missing() }

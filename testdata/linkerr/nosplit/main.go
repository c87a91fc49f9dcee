package main

func deep()

func main() { deep() }

package main

func again()

func main() { again() }

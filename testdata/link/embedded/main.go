// Files in the program: //go:embed as string, bytes and file system.
package main

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed text.txt
var text string

//go:embed text.txt
var data []byte

//go:embed text.txt dir
var files embed.FS

func main() {
	fmt.Print(text, len(data), "\n")
	fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		fmt.Println(path, d.IsDir(), err)
		return nil
	})
}

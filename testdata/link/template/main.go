// text/template calls methods by names that only data knows, so every
// exported method of every reachable type stays.
package main

import (
	"encoding/json"
	"os"
	"text/template"
	"time"
)

type User struct {
	Name  string
	Since time.Time
}

func (u User) Greeting() string     { return "hello " + u.Name }
func (u *User) Rename(s string) any { u.Name = s; return nil }

func main() {
	t := template.Must(template.New("t").Parse(
		"{{.Greeting}} {{.Since.Year}} {{printf \"%q\" .Name}}\n"))
	u := User{"gopher", time.Unix(1e9, 0).UTC()}
	if err := t.Execute(os.Stdout, u); err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(&u)
}

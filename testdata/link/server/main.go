// A server with TLS: what most linked bytes in the world look like.
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Println(tls.VersionName(tls.VersionTLS13))
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s\n", r.URL.Path)
	})
	log.Fatal(http.ListenAndServeTLS(os.Args[1], "cert.pem", "key.pem", nil))
}

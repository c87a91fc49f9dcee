// Tls links most of the FIPS module: a handshake over a pipe, with a key made
// on the spot. It says "started" when both sides have shaken hands.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"time"
)

// Bytes outside of the module, for tests that damage them.
var mark = []byte("a mark outside of the module\n")

func must(err error) {
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(3)
	}
}

func main() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"test"},
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	must(err)
	cert, err = x509.ParseCertificate(der)
	must(err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)

	a, b := net.Pipe()
	server := tls.Server(a, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	})
	client := tls.Client(b, &tls.Config{RootCAs: roots, ServerName: "test"})
	go func() {
		must(client.Handshake())
		client.Write(mark)
	}()
	got := make([]byte, len(mark))
	_, err = server.Read(got)
	must(err)
	os.Stdout.WriteString("started\n")
}

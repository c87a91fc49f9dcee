// crosscheck/deflate's side of Go's.
//
//	oracle sum     size and SHA-256 of what compress/zlib makes at level 1
//	               of each input, written in random pieces
//	oracle time N  the least processor time of N runs, one piece each
//	oracle gen SEED COUNT
//	               makes inputs that change between kinds of data
//
// Inputs are read and written as deflate.c says.
package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strconv"
	"syscall"
)

const block = 65535

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(i int) int64 {
	n, err := strconv.ParseInt(os.Args[i], 10, 64)
	check(err)
	return n
}

func each(do func(in []byte)) {
	r := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		var n uint32
		err := binary.Read(r, binary.LittleEndian, &n)
		if err == io.EOF {
			return
		}
		check(err)
		in := make([]byte, n)
		_, err = io.ReadFull(r, in)
		check(err)
		do(in)
	}
}

func compress(buf *bytes.Buffer, in []byte, piece func() int) {
	buf.Reset()
	z, err := zlib.NewWriterLevel(buf, zlib.BestSpeed)
	check(err)
	for len(in) > 0 {
		n := min(piece(), len(in))
		_, err = z.Write(in[:n])
		check(err)
		in = in[n:]
	}
	check(z.Close())
}

func sum() {
	rnd := rand.New(rand.NewSource(1))
	var buf bytes.Buffer
	each(func(in []byte) {
		scale := 1 << (2 + rnd.Intn(18))
		compress(&buf, in, func() int { return rnd.Intn(scale) })
		fmt.Printf("%d %x\n", buf.Len(), sha256.Sum256(buf.Bytes()))
	})
}

func now() int64 {
	var r syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return r.Utime.Nano() + r.Stime.Nano()
}

func time(reps int64) {
	var buf bytes.Buffer
	each(func(in []byte) {
		best := int64(1) << 62
		for range reps {
			t := now()
			compress(&buf, in, func() int { return len(in) })
			best = min(best, now()-t)
		}
		fmt.Println(best / 1000)
	})
}

// What inputs are made of: each appends about n bytes.
var kinds = []func(r *rand.Rand, b []byte, n int) []byte{
	func(r *rand.Rand, b []byte, n int) []byte { // one byte
		return append(b, bytes.Repeat([]byte{byte(r.Intn(256))}, n)...)
	},
	func(r *rand.Rand, b []byte, n int) []byte { // anything
		for range n {
			b = append(b, byte(r.Intn(256)))
		}
		return b
	},
	func(r *rand.Rand, b []byte, n int) []byte { // few different bytes
		m, low := 1+r.Intn(64), r.Intn(256)
		for range n {
			b = append(b, byte(low+r.Intn(m)))
		}
		return b
	},
	func(r *rand.Rand, b []byte, n int) []byte { // ever rarer ones
		for range n {
			b = append(b, byte(r.ExpFloat64()*4))
		}
		return b
	},
	func(r *rand.Rand, b []byte, n int) []byte { // a period
		p := 1 + r.Intn(300)
		for i := range n {
			if i < p || i%4000 == 0 {
				b = append(b, byte(r.Intn(256)))
			} else {
				b = append(b, b[len(b)-p])
			}
		}
		return b
	},
	words, words, records, copies, copies, rareCopies, rareCopies,
}

// Words of a vocabulary.
func words(r *rand.Rand, b []byte, n int) []byte {
	v := rand.New(rand.NewSource(int64(r.Intn(8))))
	list := make([][]byte, 20+v.Intn(400))
	for i := range list {
		list[i] = make([]byte, 1+v.Intn(12))
		for k := range list[i] {
			list[i][k] = byte('a' + v.Intn(26))
		}
	}
	for end := len(b) + n; len(b) < end; {
		i := min(r.Intn(len(list)), r.Intn(len(list)))
		b = append(append(b, list[i]...), ' ')
	}
	return b
}

// Records of which some fields count up.
func records(r *rand.Rand, b []byte, n int) []byte {
	rec := make([]byte, 4+r.Intn(40))
	r.Read(rec)
	for end := len(b) + n; len(b) < end; {
		rec[r.Intn(2)*(len(rec)-1)]++
		if r.Intn(5) == 0 {
			rec[r.Intn(len(rec))] = byte(r.Intn(256))
		}
		b = append(b, rec...)
	}
	return b
}

// Copies of what was there before, some exactly as far back as a match may
// reach or just too far, with noise in between.
func copies(r *rand.Rand, b []byte, n int) []byte {
	noise := r.Intn(20)
	for end := len(b) + n; len(b) < end; {
		d := 1 + r.Intn(40000)
		if r.Intn(3) == 0 {
			d = 32766 + r.Intn(5)
		}
		if d > len(b) {
			d = len(b)
		}
		l := 3 + r.Intn(20)
		if r.Intn(8) == 0 {
			l = 250 + r.Intn(300)
		}
		for ; l > 0 && d > 0; l-- {
			b = append(b, b[len(b)-d])
		}
		for range 1 + r.Intn(1+noise) {
			b = append(b, byte(r.Intn(256)))
		}
	}
	return b
}

// Noise with so few matches that they hardly pay, or do not.
func rareCopies(r *rand.Rand, b []byte, n int) []byte {
	gap := 10 + r.Intn(80)
	for end := len(b) + n; len(b) < end; {
		for range 1 + r.Intn(2*gap) {
			b = append(b, byte(r.Intn(256)))
		}
		d := 1 + r.Intn(min(32000, len(b)))
		for range 5 + r.Intn(3) {
			b = append(b, b[len(b)-d])
		}
	}
	return b
}

// A length: small, near a multiple of a block or of 32 KiB, or any.
func length(r *rand.Rand) int {
	switch r.Intn(7) {
	case 0:
		return r.Intn(300)
	case 1:
		return (1+r.Intn(7))*block - 2 + r.Intn(5)
	case 2:
		return (1+r.Intn(5))<<15 - 2 + r.Intn(5)
	case 3:
		return (1+r.Intn(3))*block + r.Intn(140)
	case 4:
		return r.Intn(7 * block)
	case 5:
		return r.Intn(3)*block + 128 + r.Intn(3000)
	}
	return r.Intn(block)
}

func gen(seed, count int64) {
	w := bufio.NewWriter(os.Stdout)
	for i := range count {
		r := rand.New(rand.NewSource(seed*1000003 + i))
		n := length(r)
		b := make([]byte, 0, n)
		kind, steady := r.Intn(len(kinds)), r.Intn(3) == 0
		for len(b) < n {
			part := 1 + r.Intn(2*block)
			switch r.Intn(3) {
			case 0:
				part = 1 + r.Intn(2000)
			case 1:
				part = block - len(b)%block
			}
			if !steady {
				kind = r.Intn(len(kinds))
			}
			b = kinds[kind](r, b, part)
		}
		check(binary.Write(w, binary.LittleEndian, uint32(n)))
		_, err := w.Write(b[:n])
		check(err)
	}
	check(w.Flush())
}

func main() {
	switch os.Args[1] {
	case "sum":
		sum()
	case "time":
		time(number(2))
	case "gen":
		gen(number(2), number(3))
	}
}

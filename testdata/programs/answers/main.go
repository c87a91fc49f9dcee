// Answers computes known answers with every part of the FIPS module that is
// written in assembly: an assembler that made one instruction wrong is found
// here, though not by the integrity check, which hashes whatever was built.
// Prints a line for each; exit status 1 if one is wrong.
package main

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"math/big"
	"os"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// FIPS 180-4, FIPS 202
func sha2() bool {
	s := sha256.Sum256([]byte("abc"))
	return bytes.Equal(s[:], unhex("ba7816bf8f01cfea414140de5dae2223"+
		"b00361a396177a9cb410ff61f20015ad"))
}

func sha2long() bool {
	s := sha512.Sum512([]byte("abc"))
	return bytes.Equal(s[:], unhex("ddaf35a193617abacc417349ae204131"+
		"12e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"+
		"454d4423643ce80e2a9ac94fa54ca49f"))
}

func keccak() bool {
	s := sha3.Sum256([]byte("abc"))
	return bytes.Equal(s[:], unhex("3a985da74fe225b2045c172d6bd390bd"+
		"855f086e3e9d525b46bfe24511431532"))
}

// RFC 4231, test case 2
func mac() bool {
	h := hmac.New(sha256.New, []byte("Jefe"))
	h.Write([]byte("what do ya want for nothing?"))
	return bytes.Equal(h.Sum(nil), unhex("5bdcc146bf60754e6a042426089575c7"+
		"5a003f089d2739839dec58b964ec3843"))
}

// SP 800-38A, F.5.1
func ctr() bool {
	block := must(aes.NewCipher(unhex("2b7e151628aed2a6abf7158809cf4f3c")))
	text := unhex("6bc1bee22e409f96e93d7e117393172a" +
		"ae2d8a571e03ac9c9eb76fac45af8e51" +
		"30c81c46a35ce411e5fbc1191a0a52ef" +
		"f69f2445df4f9b17ad2b417be66c3710")
	cipher.NewCTR(block, unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")).
		XORKeyStream(text, text)
	return bytes.Equal(text, unhex("874d6191b620e3261bef6864990db6ce"+
		"9806f66b7970fdff8617187bb9fffdff"+
		"5ae4df3edbd5d35e5b4f09020db03eab"+
		"1e031dda2fbe03d1792170a0f3009cee"))
}

// The GCM specification, test case 4; FIPS mode lets nobody choose a nonce
// for sealing, hence it is opened.
func gcm() bool {
	block := must(aes.NewCipher(unhex("feffe9928665731c6d6a8f9467308308")))
	aead := must(cipher.NewGCM(block))
	text, err := aead.Open(nil, unhex("cafebabefacedbaddecaf888"),
		unhex("42831ec2217774244b7221b784d0d49c"+
			"e3aa212f2c02a4e035c17e2329aca12e"+
			"21d514b25466931c7d8f6a5aac84aa05"+
			"1ba30b396a0aac973d58e091"+
			"5bc94fbc3221a5db94fae95ae7121a47"),
		unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
	return err == nil && bytes.Equal(text, unhex(
		"d9313225f88406e5a55909c5aff5269a"+
			"86a7a9531534f7da2e4c303d8a318a72"+
			"1c3c0c95956809532fcf0e2449a6b525"+
			"b16aedf5aa0de657ba637b39"))
}

// RFC 5903, 8.1
func p256() bool {
	key := must(ecdh.P256().NewPrivateKey(unhex(
		"c88f01f510d9ac3f70a292daa2316de5" +
			"44e9aab8afe84049c62a9c57862d1433")))
	peer := must(ecdh.P256().NewPublicKey(unhex(
		"04d12dfb5289c8d4f81208b70270398c" +
			"342296970a0bccb74c736fc7554494bf63" +
			"56fbf3ca366cc23e8157854c13c58d6a" +
			"ac23f046ada30f8353e74f33039872ab")))
	return bytes.Equal(must(key.ECDH(peer)), unhex(
		"d6840f6b42f6edafd13116e0e1256520"+
			"2fef8e9ece7dce03812464d04b9442de")) &&
		bytes.Equal(key.PublicKey().Bytes(), unhex(
			"04dad0b65394221cf9b051e1feca5787"+
				"d098dfe637fc90b9ef945d0c3772581180"+
				"5271a0461cdb8252d61f1c456fa3e59a"+
				"b1f45b33accf5f58389e0577b8990bb3"))
}

// RFC 8032, 7.1, test 2
func ed() bool {
	key := ed25519.NewKeyFromSeed(unhex("4ccd089b28ff96da9db6c346ec114e0f" +
		"5b8a319f35aba624da8cf6ed4fb8a6fb"))
	return bytes.Equal(ed25519.Sign(key, unhex("72")), unhex(
		"92a009a9f0d4cab8720e820b5f642540"+
			"a2b27b5416503f8fb3762223ebdb69da"+
			"085ac1e43e15996e458f3613d0f11d8c"+
			"387b2eaeb4302aeeb00d291612bb0c00"))
}

// Made with openssl dgst -sha256 -sign
func rsaVerify() bool {
	n, _ := new(big.Int).SetString("c408cba345679a152977d129c3c546acc732d7b721d194348b749676b9d67a06"+
		"af5459ba093153529bc714b79fb25a6974393d15a9e2c1cae3fab9f22e71177d"+
		"01e8b643ff701f4f064440c25b2b2d9f5ee34ca56839658fbd1f0963a616959b"+
		"a0e3aee006cc85b87c3463d26db9a927cf047a11214ae412f896efd82f41daf1"+
		"f497dacd1d8b7b6cee327f4c0a367390e252e4501228da3a95f9001a344a45d2"+
		"5ff2de31669458ac5ed3789560b735188d39fcdd75c3ae331395b4dd5f27bf23"+
		"dfe8ba58cdb16eb8fd3a741105abb10a088f34cdad4dfc62834e3c347fdc27c0"+
		"52df28b663e69a93bf44e53f85bf517e36fc16826d145f6e7891516a2f504939", 16)
	sum := sha256.Sum256([]byte("known answers"))
	return rsa.VerifyPKCS1v15(&rsa.PublicKey{N: n, E: 65537}, crypto.SHA256,
		sum[:], unhex("279bf07b2dd64d05603620103e3d2e7612fbb6a39165b84d07ebb8992c853224"+
			"1f54f1484067bcd67208c1c0646d585b52e3dc0f7eee5ab468cb692a636ebc41"+
			"abac4fe8e64841ab19364b332a78355caaa6167e458d84f399cb3e6d5a298cc9"+
			"62971e8f55fe9a7e4328abd0f4f0613b81609a7b0c7955fddd42ba28187181fe"+
			"97dc763f3f6636c5e2976d90dcf14c284905d601ba62dff2ae648bca0218e9c2"+
			"ce105d03549558bddc9c1bfb55ebeaf929fa66e0460c00c8a96ef98e21fa3fd3"+
			"ddaa5b6983c4f5029bca4048eada9bd18e14901b251feb9f84e594cbff7b1358"+
			"e174189bc057f53a7f0d5341a404631edaafa3429c0ac56412b4aafb005fbbf5")) == nil
}

// No constants: what one side encapsulates, the other must find.
func kem() bool {
	key := must(mlkem.GenerateKey768())
	shared, text := key.EncapsulationKey().Encapsulate()
	return bytes.Equal(must(key.Decapsulate(text)), shared)
}

func main() {
	status := 0
	for _, test := range []struct {
		name  string
		right func() bool
	}{
		{"SHA-256", sha2}, {"SHA-512", sha2long}, {"SHA3-256", keccak},
		{"HMAC", mac}, {"AES-CTR", ctr}, {"AES-GCM", gcm},
		{"P-256", p256}, {"Ed25519", ed}, {"RSA", rsaVerify},
		{"ML-KEM", kem},
	} {
		if test.right() {
			os.Stdout.WriteString(test.name + " right\n")
		} else {
			os.Stdout.WriteString(test.name + " WRONG\n")
			status = 1
		}
	}
	if fips140.Enabled() {
		os.Stdout.WriteString("FIPS mode\n")
	}
	os.Exit(status)
}

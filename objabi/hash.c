/*
 * SHA-256 and HMAC through libcrypto; no other file includes its headers.
 *
 * Only the block functions are used, not EVP: the first EVP call reads
 * OpenSSL's configuration and registers every algorithm, which takes
 * longer than hashing a whole module.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "objabi/objabi.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(Hmac), "Hmac holds a SHA256_CTX");

enum { BLOCK = 64 };

/* The context is copied in and out, since Hmac has no type of OpenSSL's. */
static void pad_block(SHA256_CTX *c, u8 fill)
{
	u8 pad[BLOCK];

	memset(pad, fill, sizeof pad);	/* a zero key: the pad alone */
	SHA256_Init(c);
	SHA256_Update(c, pad, sizeof pad);
}

void hmac_init(Hmac *h)
{
	SHA256_CTX c;

	pad_block(&c, 0x36);
	memcpy(h->state, &c, sizeof c);
}

void hmac_add(Hmac *h, View v)
{
	SHA256_CTX c;

	memcpy(&c, h->state, sizeof c);
	SHA256_Update(&c, v.p, v.n);
	memcpy(h->state, &c, sizeof c);
}

void hmac_sum(Hmac *h, u8 sum[SHA256_SIZE])
{
	SHA256_CTX c;
	u8 inner[SHA256_SIZE];

	memcpy(&c, h->state, sizeof c);
	SHA256_Final(inner, &c);
	pad_block(&c, 0x5c);
	SHA256_Update(&c, inner, sizeof inner);
	SHA256_Final(sum, &c);
}

void sha256(View v, u8 sum[SHA256_SIZE])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, v.p, v.n);
	SHA256_Final(sum, &c);
}

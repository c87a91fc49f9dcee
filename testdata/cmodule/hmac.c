/* HMAC (FIPS 198-1) with SHA-256. */
#include "sha256.h"

/* Not constants, so that the module has data too. */
unsigned char hmac_inner = 0x36, hmac_outer = 0x5c;

#ifdef ADDRESS_IN_DATA
/* What a module in a position-independent program must not have: the
 * loader changes it, and gofips-check seal refuses the program. */
const unsigned char *const hmac_pads[] = {&hmac_inner, &hmac_outer};
#endif

static void pad(Sha256 *s, const unsigned char key[64], unsigned char fill)
{
	unsigned char k[64];

	for (int i = 0; i < 64; i++)
		k[i] = key[i] ^ fill;
	sha256_init(s);
	sha256_add(s, k, sizeof k);
}

void hmac_sha256(const void *key, size_t nkey, const void *p, size_t n,
		 unsigned char sum[32])
{
	unsigned char k[64] = {0};
	Sha256 s;

	if (nkey > sizeof k) {
		sha256_init(&s);
		sha256_add(&s, key, nkey);
		sha256_sum(&s, k);
	} else {
		for (size_t i = 0; i < nkey; i++)
			k[i] = ((const unsigned char *)key)[i];
	}
	pad(&s, k, hmac_inner);
	sha256_add(&s, p, n);
	sha256_sum(&s, sum);
	pad(&s, k, hmac_outer);
	sha256_add(&s, sum, 32);
	sha256_sum(&s, sum);
}

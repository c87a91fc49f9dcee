/* SHA-256 and HMAC: what the module of this example offers. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint32_t h[8];
	uint64_t n;		/* bytes so far */
	unsigned char block[64];
} Sha256;

void sha256_init(Sha256 *s);
void sha256_add(Sha256 *s, const void *p, size_t n);
void sha256_sum(Sha256 *s, unsigned char sum[32]);

void hmac_sha256(const void *key, size_t nkey, const void *p, size_t n,
		 unsigned char sum[32]);

/* Called before main; ends the program if the module is damaged. */
void module_start(void);

#endif

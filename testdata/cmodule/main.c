/* A program that uses the module. It says "started" if it comes that far and
 * the module computes what RFC 4231 (test case 2) says. */
#include <stdio.h>
#include <string.h>

#include "sha256.h"

/* Bytes outside of the module, for tests that damage them. */
const char mark[] = "a mark outside of the module";

int main(void)
{
	static const unsigned char want[4] = {0x5b, 0xdc, 0xc1, 0x46};
	unsigned char sum[32];

	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, sum);
	if (memcmp(sum, want, 4) != 0)
		return 3;
	puts(mark[0] ? "started" : "");
	return 0;
}

/*
 * Runs a fuzz target over the files and directories named, without a
 * fuzzer: what `make test` does with every seed and every crash ever found.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "objabi/objabi.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static int nrun;

static void replay_file(const char *path)
{
	File f;
	const char *why = file_open(&f, path);
	u8 *copy;

	if (why) {
		fprintf(stderr, "%s: %s\n", path, why);
		exit(2);
	}
	/* A heap copy of the exact size, so that ASan sees its end. */
	copy = xrealloc(NULL, f.bytes.n ? f.bytes.n : 1);
	if (f.bytes.n)
		memcpy(copy, f.bytes.p, f.bytes.n);
	LLVMFuzzerTestOneInput(copy, f.bytes.n);
	free(copy);
	file_close(&f);
	nrun++;
}

static void replay_dir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char name[4096];

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		replay_file(name);
	}
	if (d)
		closedir(d);
}

int main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_dir(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("ok %s replayed %d inputs\n", argv[0], nrun);
	return 0;
}

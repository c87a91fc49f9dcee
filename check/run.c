/*
 * Many files on many threads. Each input is a task; its reports are
 * rendered while the file is still mapped, and printed as soon as all
 * inputs before it have been.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"

typedef struct {
	Buf out, err;
	int status;
	unsigned total, checked, failed;	/* images; checked: judged */
	bool done;
} Result;

typedef struct {
	const Options *opt;
	const Inputs *in;
	Result *result;
	pthread_mutex_t lock;	/* guards what follows, and the output */
	size_t next;	/* the first result that is not printed yet */
	size_t total, checked, failed;
	int status;
	bool progress;
	u64 shown;	/* when, in tenths of a second */
} Run;

/* ---- one input ----------------------------------------------------- */

static void skip(const Options *o, const Report *r, Result *res)
{
	if (!o->style.verbose || o->style.status)
		return;
	buf_text(&res->err, view_str(r->file));
	buf_str(&res->err, ": skipped: ");
	buf_text(&res->err, view_str(r->text.p + r->reason[0].text));
	buf_str(&res->err, "\n");
}

static void finish(const Options *o, const Input *input, Report *r,
		   Result *res)
{
	int status;

	if (!input->named && r->verdict == VERDICT_NOT_GO) {
		skip(o, r, res);
		return;
	}
	policy_apply(o->policy, &o->modules, r);
	if (r->verdict != VERDICT_UNREADABLE)
		require_apply(o->require, o->nrequire, o->style.policy, r);
	status = report_exit(r);
	res->total++;
	res->checked += status < 2;
	res->failed += status != 0;
	if (status > res->status)
		res->status = status;
	if (o->style.status)
		return;
	if (o->style.json)
		report_json(r, o->style.policy, &res->out);
	else
		report_text(r, &o->style, &res->out);
}

/* Does somebody want to know more than whether the sum is right? */
static bool deep(const Options *o)
{
	return o->style.verbose || o->style.json || o->nrequire ||
		policy_wants_evidence(o->policy);
}

static void one_image(const Options *o, const Input *input, Report *r,
		      View bytes, Result *res)
{
	Image img;

	check_image(r, &img, bytes);
	if (deep(o) || report_failed(r))
		evidence_find(r);
	finish(o, input, r, res);
	report_free(r);
}

static void refuse(const Options *o, const Input *input, ReasonId id,
		   const char *why, Result *res)
{
	Report r = {.file = input->path};

	report_add(&r, id, "%s", why);
	finish(o, input, &r, res);
	report_free(&r);
}

/* A universal file is as many images as it has slices. */
static void slices(const Options *o, const Input *input, View file,
		   Result *res)
{
	Fat fat;
	Fault why = fat_open(&fat, file);

	if (why.why && trace_of_go(file))
		refuse(o, input, REASON_BAD_IMAGE, why.why, res);
	else if (why.why)
		refuse(o, input, REASON_NOT_GO, why.why, res);
	for (u32 i = 0; !why.why && i < fat.n; i++) {
		Report r = {.file = input->path, .slice = "?"};
		const Arch *arch;
		View bytes;

		why = fat_slice(&fat, i, &bytes, &r.slice_off, &arch);
		if (why.why) {
			refuse(o, input, REASON_BAD_IMAGE, why.why, res);
			break;
		}
		if (arch)
			r.slice = arch->goarch;
		one_image(o, input, &r, bytes, res);
	}
}

static void clear(Result *res)
{
	res->out.n = res->err.n = 0;
	res->status = 0;
	res->total = res->checked = res->failed = 0;
}

/* What was seen of a file that changed in the meantime is not reported. */
static void one_file(const Options *o, const Input *input, Result *res)
{
	File f;
	const char *why = file_open(&f, input->path);

	if (!why) {
		Report r = {.file = input->path};

		if (fat_match(f.bytes))
			slices(o, input, f.bytes, res);
		else
			one_image(o, input, &r, f.bytes, res);
		why = file_close(&f);
		if (why)
			clear(res);
	}
	if (why)
		refuse(o, input, REASON_UNREADABLE, why, res);
}

/* ---- all of them --------------------------------------------------- */

/* At most ten times a second: a terminal is slower than the checks. */
static void show_progress(Run *run)
{
	struct timespec t;
	u64 now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (u64)t.tv_sec * 10 + (u64)t.tv_nsec / 100000000;
	if (!run->progress || now == run->shown)
		return;
	run->shown = now;
	fprintf(stderr, "\r\33[K%zu of %zu checked", run->next, run->in->n);
}

static void hide_progress(Run *run)
{
	if (run->progress && run->shown)
		fputs("\r\33[K", stderr);
	run->shown = 0;
}

static void print_result(Run *run, Result *res)
{
	if (res->err.n || res->out.n)
		hide_progress(run);
	if (res->err.n)
		fwrite(res->err.p, 1, res->err.n, stderr);
	if (res->out.n)
		fwrite(res->out.p, 1, res->out.n, stdout);
	run->total += res->total;
	run->checked += res->checked;
	run->failed += res->failed;
	if (res->status > run->status)
		run->status = res->status;
	buf_free(&res->err);
	buf_free(&res->out);
}

static void task(void *arg, size_t i)
{
	Run *run = arg;
	Result *res = &run->result[i];
	size_t first;

	one_file(run->opt, &run->in->v[i], res);
	pthread_mutex_lock(&run->lock);
	res->done = true;
	first = run->next;
	while (run->next < run->in->n && run->result[run->next].done)
		print_result(run, &run->result[run->next++]);
	if (run->next != first) {
		if (run->progress)
			fflush(stdout);
		show_progress(run);
	}
	pthread_mutex_unlock(&run->lock);
}

static void summary(const Run *run)
{
	if (run->opt->style.status)
		return;
	if (run->total == 0)
		fputs("gofips-check: nothing was checked: no Go program "
		      "among the files\n", stderr);
	else if (run->failed)
		fprintf(stderr, "gofips-check: WARNING: %zu of %zu FAILED\n",
			run->failed, run->total);
}

int run_checks(const Options *o, const Inputs *in)
{
	Run run = {.opt = o, .in = in, .lock = PTHREAD_MUTEX_INITIALIZER};
	Pool *pool;

	run.progress = in->n > 1 && isatty(STDERR_FILENO) && !o->style.status;
	run.result = calloc(in->n + 1, sizeof *run.result);
	if (!run.result)
		DIE("out of memory");
	pool = pool_new(in->n > 1 ? o->threads : 1);
	pool_for(pool, in->n, task, &run);
	pool_free(pool);
	hide_progress(&run);
	fflush(stdout);
	summary(&run);
	free(run.result);
	if (in->errors || run.checked == 0)
		return 2;
	return run.status;
}

/*
 * Go archives: what the compiler writes, cmd/go adds assembled objects to,
 * and the linker reads.
 *
 *   "!<arch>\n"
 *   members, each
 *       name 16, date 12, uid 6, gid 6, mode 8 (octal), size 10 (decimal),
 *       all padded with blanks, "`\n"; size bytes; one more if that is odd
 *
 * The first member is __.PKGDEF with the export data, then come _go_.o and
 * one object for each assembly file. Names are cut to 16 bytes and so may
 * have lost their ".o". PKGDEF and objects begin with lines of text:
 *
 *   go object linux amd64 go1.27.4 GOAMD64=v1 X:regabiwrappers,...
 *   build id "action/content"        if there is one
 *   main                             if the package is main
 *   (an empty line)
 *   $$B (export data) $$             in PKGDEF
 *   $$ $$ and $$  // cgo (JSON) $$   in an object with cgo directives
 *   !                                in an object, which follows at once
 *
 * Sources: cmd/internal/archive/archive.go, cmd/compile/internal/gc/obj.go,
 * ldpkg and ldobj in cmd/link/internal/ld
 */
#include "obj/obj.h"

enum { AR_HEADER = 60, AR_NAME = 16, AR_SIZE = 48, AR_MAGIC = 58 };

static const char ar_magic[] = "!<arch>\n", go_object[] = "go object ";

/* ---- the text in front ---------------------------------------------- */

/* The next line of v, without its newline; *at moves behind that. */
static bool next_line(View v, size_t *at, View *line)
{
	size_t end = view_index(v, *at, '\n');

	if (*at >= v.n)
		return false;
	view_sub(v, *at, end - *at, line);
	*at = end + (end < v.n);
	return true;
}

/* The next word of a line, with the blank in front of it skipped. */
static View next_word(View line, size_t *at)
{
	size_t end;
	View w;

	*at += *at < line.n && line.p[*at] == ' ';
	end = view_index(line, *at, ' ');
	view_sub(line, *at, end - *at, &w);
	*at = end;
	return w;
}

static Fault first_line(ObjHeader *h, View line)
{
	size_t at = sizeof(go_object) - 2;

	if (!view_prefix(line, go_object))
		return fault("no \"go object\" line", 0);
	h->line = line;
	h->goos = next_word(line, &at);
	h->goarch = next_word(line, &at);
	h->version = next_word(line, &at);
	if (view_is(h->version, "devel") && at < line.n)
		h->version = (View){h->version.p, line.n - at + 5};
	if (h->version.n == 0)
		return fault("the \"go object\" line is short", 0);
	return OK;
}

/* Finds the line that ends the header: "!" after an even number of "$$" at
 * the beginnings of lines, since binary export data may contain such a line
 * too. Returns the offset behind it, v.n if there is none. */
static size_t header_end(View v)
{
	bool inside = false;

	for (size_t at = 0; view_has(v, at, 2);) {
		const u8 *p = v.p + at;

		if (p[0] == '!' && p[1] == '\n' && !inside)
			return at + 2;
		if (p[0] == '$' && p[1] == '$')
			inside = !inside;
		at = view_index(v, at, '\n') + 1;
	}
	return v.n;
}

/* The bytes behind the newline at or after at, up to a line "$$". */
static View section_body(View v, size_t at)
{
	size_t end;
	View body;

	at = view_index(v, at, '\n');
	at += at < v.n;
	end = view_find(v, at, view_str("\n$$\n"), 1);
	view_sub(v, at, end - at, &body);
	return body;
}

Fault objheader_parse(View v, ObjHeader *h)
{
	static const char build[] = "build id ", cgo[] = "\n$$  // cgo\n";
	size_t at = 0, start;
	View line;
	Fault f;

	*h = (ObjHeader){0};
	if (!next_line(v, &at, &line))
		return fault("empty header", 0);
	f = first_line(h, line);
	if (f.why)
		return f;
	view_sub(v, 0, header_end(v), &h->text);
	while (next_line(h->text, &at, &line) && line.n > 0) {
		if (view_prefix(line, build))
			view_sub(line, sizeof(build) - 1,
				 line.n - sizeof(build) + 1, &h->buildid);
		h->main |= view_is(line, "main");
	}
	start = view_find(h->text, 0, view_str(cgo), 1);
	if (start < h->text.n)
		h->cgo = section_body(h->text, start + sizeof(cgo) - 2);
	start = view_find(h->text, 0, view_str("\n$$B\n"), 1);
	if (start < h->text.n)
		h->exports = section_body(h->text, start + 1);
	return OK;
}

void header_write(Buf *out, const HeaderText *h)
{
	buf_add(out, h->line);
	buf_str(out, "\n");
	if (h->buildid.n) {
		buf_str(out, "build id ");
		buf_add(out, h->buildid);
		buf_str(out, "\n");
	}
	if (h->main)
		buf_str(out, "main\n");
	buf_str(out, "\n");
	if (h->cgo.n) {
		buf_str(out, "\n$$\n\n$$\n\n\n$$  // cgo\n");
		buf_add(out, h->cgo);
		buf_str(out, "\n\n$$\n\n");
	}
	buf_str(out, "\n!\n");
}

/* ---- reading --------------------------------------------------------- */

bool archive_match(View file)
{
	return view_prefix(file, ar_magic) || view_prefix(file, go_object);
}

Fault archive_open(Archive *a, View file)
{
	*a = (Archive){file, sizeof(ar_magic) - 1,
		       view_prefix(file, go_object)};
	if (!archive_match(file))
		return fault("neither an archive nor a Go object", 0);
	if (a->bare)
		a->next = 0;
	return OK;
}

/* A decimal field, blanks behind it. Ten digits fit. */
static bool decimal(View v, u64 *x)
{
	size_t i = 0;

	*x = 0;
	for (; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		*x = *x * 10 + v.p[i] - '0';
	if (i == 0)
		return false;
	while (i < v.n && v.p[i] == ' ')
		i++;
	return i == v.n;
}

static Fault parse_object(Member *m)
{
	Fault f = objheader_parse(m->bytes, &m->header);

	if (f.why)
		return fault(f.why, m->off + f.off);
	if (!view_suffix(m->header.text, "!\n"))
		return fault("the object's header does not end", m->off);
	m->obj_off = m->off + m->header.text.n;
	view_sub(m->bytes, m->header.text.n,
		 m->bytes.n - m->header.text.n, &m->obj);
	return OK;
}

Fault member_open(Member *m)
{
	bool note = view_is(m->name, "preferlinkext") ||
		view_is(m->name, "dynimportfail");

	if (view_is(m->name, "__.PKGDEF")) {
		Fault f = objheader_parse(m->bytes, &m->header);

		m->kind = MEMBER_PKGDEF;
		return fault(f.why, f.why ? m->off + f.off : 0);
	}
	if (note && m->bytes.n == 0) {
		m->kind = MEMBER_SENTINEL;
		return OK;
	}
	m->kind = view_prefix(m->bytes, go_object) ? MEMBER_GOOBJ :
		MEMBER_NATIVE;
	return m->kind == MEMBER_GOOBJ ? parse_object(m) : OK;
}

/* The bytes of the member whose 60 bytes are at a->next. */
static Fault read_member(Archive *a, Member *m)
{
	View field;
	u64 size;

	if (!view_sub(a->file, a->next, AR_HEADER, &m->ar))
		return fault("the archive is cut off", a->next);
	if (m->ar.p[AR_MAGIC] != '`' || m->ar.p[AR_MAGIC + 1] != '\n')
		return fault("no member header", a->next + AR_MAGIC);
	view_sub(m->ar, AR_SIZE, AR_MAGIC - AR_SIZE, &field);
	if (!decimal(field, &size))
		return fault("the member's size is no number",
			     a->next + AR_SIZE);
	view_sub(m->ar, 0, AR_NAME, &m->name);
	while (m->name.n > 0 && m->name.p[m->name.n - 1] == ' ')
		m->name.n--;
	m->off = a->next + AR_HEADER;
	if (!view_sub(a->file, m->off, size, &m->bytes))
		return fault("the member is longer than the file",
			     a->next + AR_SIZE);
	a->next = m->off + size;
	if (size & 1) {
		if (!view_has(a->file, a->next, 1))
			return fault("the archive is cut off", a->next);
		m->pad = a->file.p[a->next++];
	}
	return OK;
}

bool archive_peek(Archive *a, Member *m, Fault *why)
{
	*m = (Member){0};
	*why = OK;
	if (a->next >= a->file.n)
		return false;
	if (a->bare) {
		m->bytes = a->file;
		a->next = a->file.n;
	} else {
		*why = read_member(a, m);
	}
	return !why->why;
}

bool archive_next(Archive *a, Member *m, Fault *why)
{
	if (!archive_peek(a, m, why))
		return false;
	*why = member_open(m);
	return !why->why;
}

/* ---- writing --------------------------------------------------------- */

void archive_begin(Buf *out)
{
	buf_str(out, ar_magic);
}

/* Go counts characters backwards from the end, so a name is never cut
 * inside one. */
static View cut_name(View name)
{
	while (name.n > AR_NAME) {
		name.n--;
		while (name.n > 0 && (name.p[name.n] & 0xc0) == 0x80)
			name.n--;
	}
	return name;
}

static void add_body(Buf *out, View body, u8 pad)
{
	buf_add(out, body);
	if (body.n & 1)
		buf_add(out, view_of(&pad, 1));
}

void archive_add(Buf *out, View name, View body)
{
	name = cut_name(name);
	buf_add(out, name);
	buf_printf(out, "%*s%-12d%-6d%-6d%-8o%-10zu`\n",
		   (int)(AR_NAME - name.n), "", 0, 0, 0, 0644u, body.n);
	add_body(out, body, 0);
}

void archive_copy(Buf *out, const Member *m, View body)
{
	View front;

	if (view_sub(m->ar, 0, AR_SIZE, &front)) {
		buf_add(out, front);
		buf_printf(out, "%-10zu`\n", body.n);
		add_body(out, body, m->pad);
	} else {
		buf_add(out, body);
	}
}

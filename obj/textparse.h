/* The reader of textual objects: textparse.c and textdata.c have the statements,
 * textlex.c the words that they are made of. */
#ifndef OBJ_TEXTPARSE_H
#define OBJ_TEXTPARSE_H

#include "obj/obj.h"

enum {
	TEXT_MAX_ERRORS = 20,
	/* Memory that a text may ask for without bytes of its own. */
	TEXT_MAX_GAPS = 64 << 20
};

typedef struct {
	View text;
	size_t at;
	View line;	/* what is left of the line */
	u32 lineno;
	const char *file;
	TextResult *res;
	Arena arena;	/* of the strings */
	/* the archive and its member */
	bool archive, member;
	View ar, name;
	u8 pad;
	Buf raw;
	/* the object */
	Buf header;
	bool in_obj, packaged;
	bool hopeless;	/* all that follows would be wrong, too */
	Obj obj;
	View goos, goarch;
	FipsRules rules;
	FipsHooks hooks;
	Buf refused;	/* what the rules have said in this line */
	Map terms;	/* names of kinds and relocation types */
	Map labels;	/* -> LSym */
	Syms asis_defs;
	u64 gaps;
	/* the symbol */
	LSym *sym;
	bool asis, hashed;
	u8 kind;	/* of a symbol as it is */
	u32 size, off;
	bool func;
	FuncInfo funcinfo;
} Parser;

__attribute__((format(printf, 2, 3)))
void text_error(Parser *p, const char *fmt, ...);

/* The next word of the line; false at its end. */
bool text_word(Parser *p, View *w);
/* The readers below report what is missing or wrong. */
bool text_need(Parser *p, View *w, const char *what);
bool text_number(Parser *p, i64 *x, i64 min, i64 max);
bool text_string(Parser *p, View *s);	/* a name or a Go string */
bool text_hex(Parser *p, Buf *b);	/* the rest of the line */
bool text_hex_field(Parser *p, u8 *dst, size_t n);
bool text_name(Parser *p, View *name, u16 *abi);
/* Reads the release's names of kinds and types into p->terms. */
void text_terms(Parser *p);
bool text_kind(Parser *p, u8 *kind);
bool text_reloctype(Parser *p, u16 *type);
/* Splits a word at its ABI. */
bool text_split(Parser *p, View w, View *name, u16 *abi);
bool text_parse_number(View w, i64 *x);

/* ---- textdata.c ---- */

/* A reference: NULL for "-". The first mention makes the symbol. */
bool text_symref(Parser *p, LSym **s);
LSym *text_label(Parser *p, View w);	/* w with its # */
void text_end_func(Parser *p);

/* Statements, p->line being what follows their names. */
void st_at(Parser *p);
void st_bytes(Parser *p);
void st_string(Parser *p);
void st_int(Parser *p);
void st_addr(Parser *p);
void st_weakaddr(Parser *p);
void st_off(Parser *p);
void st_weakoff(Parser *p);
void st_reloc(Parser *p);
void st_aux(Parser *p);
void st_func(Parser *p);

#endif

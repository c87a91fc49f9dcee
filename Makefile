# make            the programs, in bin/
# make demo       installs what is missing, builds, checks real Go programs
# make test       everything, with crosscheck; installs the toolchains
# make static     bin/static/: runs in any container
# make debug      bin/debug/: a linker that looks at all it did again
# make bench      ratios against the peers
# make fuzz       hunts (clang); make sweep: the whole matrix, hours
# make install    to $(DESTDIR)$(PREFIX)
#
# V selects a variant of the build, each in its own build/$(V):
# release, static, asan (ASan+UBSan), tsan, clang, fuzz, debug. Q= shows the
# commands.

PREFIX = /usr/local
V = release
Q = @

PROGRAMS = gofips-check gofips-obj gofips-link
room_gofips-check = check
room_gofips-obj = obj
room_gofips-link = link

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wundef \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2
SAN = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

opt_release = -O2
opt_static = -O2
opt_asan = -O1 -g $(SAN)
opt_tsan = -O1 -g -fsanitize=thread
opt_clang = -O2
opt_debug = -O1 -g -DLINK_DEBUG=1
opt_fuzz = -O1 -g $(SAN) -fsanitize=fuzzer-no-link
cc_clang = clang
cc_fuzz = clang
ld_static = -static

CC := $(or $(cc_$(V)),$(if $(filter default,$(origin CC)),gcc,$(CC)))
CFLAGS ?=
# CI sets WERROR=-Werror; a compiler that we do not know yet may warn.
WERROR ?=
override CFLAGS += -std=c11 -D_GNU_SOURCE -iquote . $(WARN) $(WERROR) \
	$(opt_$(V)) -pthread
override LDFLAGS += $(opt_$(V)) $(ld_$(V)) -pthread
# From the archive come the few objects that are needed; loading all of the
# shared library takes as long as a twentieth of linking a small program.
archive = $(wildcard $(shell $(CC) -print-file-name=$(1)))
crypto := $(call archive,libcrypto.a)
LDLIBS := $(or $(crypto),-lcrypto)

# An assembler runs once for each source file: loading the C library would be
# a quarter of its time. STATIC= leaves it to the loader, where there is no
# archive or another's memory allocator is to come in.
STATIC := $(if $(filter release clang,$(V)),$(if $(crypto),$(if $(call \
	archive,libc.a),-static)))
# For the same reason libcrypto does not look at the processor (obj/main.c),
# and there are fewer segments to be mapped.
quick = -Wl,--wrap=OPENSSL_cpuid_setup,-z,noseparate-code,-z,norelro
static_gofips-obj = $(if $(STATIC),$(STATIC) $(quick))
# A fiftieth of linking a small program.
fewer = -Wl,-z,noseparate-code
static_gofips-link = $(if $(STATIC),$(STATIC) $(fewer))

# glibc, too, asks what the processor can and what caches it has, some forty
# questions before main(): two thirds of what an empty program takes in a
# virtual machine. musl asks nothing. It is taken where it is, libcrypto's
# archive fits to it, and nobody has named another compiler; MUSL= does without.
# Its headers are its own, it lacks what one file wants that gofips-obj has no
# use for, and obj/musl.c stands in for what it does slowly.
MUSL := $(if $(filter release-gcc,$(V)-$(CC)),$(if $(STATIC),$(shell \
	echo 'int SHA256_Init(void *); int main(void) { return SHA256_Init(0); }' | \
	musl-gcc -static -o /dev/null -x c - -x none $(crypto) 2>/dev/null && \
	echo build/musl)))
musl_gcc = musl-gcc $(addprefix -idirafter /usr/include/,. \
	$(shell $(CC) -print-multiarch))
not_in_build/musl = objabi/pool.c

B = build/$(V)
BIN = $(if $(filter release,$(V)),bin,bin/$(V))

rooms = objabi obj link check
tests = $(wildcard $(addsuffix /*_test.c,$(rooms)))
fuzzers = $(wildcard $(addsuffix /*_fuzz.c,$(rooms)))
mains = $(addsuffix /main.c,$(rooms))
apart = objabi/replay.c obj/musl.c
sources = $(filter-out $(tests) $(fuzzers) $(mains) $(apart), \
	$(wildcard $(addsuffix /*.c,$(rooms))))
# The libraries that each room links: its own and those it may use.
uses_objabi = objabi
uses_obj = obj objabi
uses_link = link obj objabi
uses_check = check objabi
libs_of = $(patsubst %,$(or $(2),$(B))/lib%.a,$(uses_$(1)))

all: $(addprefix $(BIN)/,$(PROGRAMS))

# Objects and libraries: where, by what.
define compiled
$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D)
	@echo '  CC    $$<'
	$$(Q)$(2) $$(CFLAGS) -MMD -MP -c -o $$@ $$<
-include $(patsubst %.c,$(1)/%.d,$(sources) $(tests) $(fuzzers) $(mains) \
	$(apart))
endef
define library
$(2)/lib$(1).a: $(patsubst %.c,$(2)/%.o,$(filter-out $(not_in_$(2)), \
		$(filter $(1)/%,$(sources))))
	@rm -f $$@
	@echo '  AR    $$@'
	$$(Q)ar rcs $$@ $$^
endef
$(eval $(call compiled,$(B),$(CC)))
$(foreach r,$(rooms),$(eval $(call library,$(r),$(B))))
ifneq ($(MUSL),)
$(eval $(call compiled,$(MUSL),$(musl_gcc)))
$(foreach r,$(uses_obj),$(eval $(call library,$(r),$(MUSL))))
endif

# Which program, where its objects are, by what it is linked.
with_build/musl = obj/musl.c
define program
$(BIN)/$(1): $(patsubst %.c,$(2)/%.o,$(room_$(1))/main.c $(with_$(2))) \
		$(call libs_of,$(room_$(1)),$(2))
	@mkdir -p $$(@D)
	@echo '  LINK  $$@'
	$$(Q)$(3) $$(LDFLAGS) $(static_$(1)) -o $$@ $$(filter %.o %.a,$$^) \
		$$(LDLIBS)
endef
$(foreach p,$(filter-out gofips-obj,$(PROGRAMS)),$(eval \
	$(call program,$(p),$(B),$(CC))))
$(eval $(call program,gofips-obj,$(or $(MUSL),$(B)),$(if $(MUSL),musl-gcc,$(CC))))
# Linked again when musl has come or gone.
$(BIN)/gofips-obj: $(B)/with$(notdir $(MUSL))
$(B)/with$(notdir $(MUSL)):
	@mkdir -p $(@D) && rm -f $(B)/with* && touch $@

define tested
$(B)/$(1)/%_test: $(B)/$(1)/%_test.o $(call libs_of,$(1))
	@echo '  LINK  $$@'
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
$(B)/$(1)/%_replay: $(B)/$(1)/%_fuzz.o $(B)/objabi/replay.o \
		$(call libs_of,$(1))
	@echo '  LINK  $$@'
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
$(B)/$(1)/%_hunt: $(B)/$(1)/%_fuzz.o $(call libs_of,$(1))
	@echo '  LINK  $$@'
	$$(Q)$$(CC) $$(LDFLAGS) -fsanitize=fuzzer -o $$@ $$^ $$(LDLIBS)
endef
$(foreach r,$(rooms),$(eval $(call tested,$(r))))

static debug:
	@$(MAKE) --no-print-directory V=$@ all

# The unit tests and the replayed fuzz seeds of this variant.
unit: $(tests:%.c=$(B)/%) $(fuzzers:%_fuzz.c=$(B)/%_replay)
hunters: $(fuzzers:%_fuzz.c=$(B)/%_hunt)

demo:
	@crosscheck/install go
	@$(MAKE) --no-print-directory all
	@crosscheck/demo

test:
	@crosscheck/install test
	@crosscheck/run

bench:
	@crosscheck/install test
	@crosscheck/bench
	@crosscheck/linkbench
	@crosscheck/asmbench

fuzz:
	@crosscheck/install test
	@crosscheck/fuzz

# The longest two, sweep and link, go on where they were interrupted.
sweep: all
	@crosscheck/install test
	@s=0; crosscheck/sweep || s=1; crosscheck/seal --all all || s=1; \
	crosscheck/link all || s=1; crosscheck/asm --all || s=1; \
	crosscheck/asmprogs all || s=1; exit $$s

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install $(addprefix $(BIN)/,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(wildcard docs/*.1) $(DESTDIR)$(PREFIX)/share/man/man1

clean:
	rm -rf build bin

.PHONY: all static debug unit hunters demo test bench sweep fuzz install clean
.PRECIOUS: $(addsuffix /%.o,$(B) $(MUSL))

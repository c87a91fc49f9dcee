"""The programs that `make test` builds: each format, pointer size, byte
order, release and way of linking at least once. `crosscheck/sweep` has all.

A cold build costs 11 s of processor for small and 32 for tls, nearly all of
it for compiling the standard library; what differs only in linking (-s -w,
GOFIPS140=latest, another linker) costs 1 s. So there is one tls, few pairs
of (release, port, -shared), and many links.
"""
from gofips import NEWEST, OUT, Prog

CGO = dict(CGO_ENABLED=1, CC="gcc", source="cgo")


def external(linker, mode):
	flag = "-linkmode=external -extldflags=-fuse-ld=" + linker
	return Prog(NEWEST, "linux", "amd64", mode, ldflags=flag, tag=linker,
		    **CGO)


# The widest: also used for bench and demo-like checks.
TLS = Prog(NEWEST, "linux", "amd64", source="tls", fips="latest")

AMD64 = Prog(NEWEST, "linux", "amd64")
LATEST = Prog(NEWEST, "linux", "amd64", fips="latest")
STRIPPED = Prog(NEWEST, "linux", "amd64", ldflags="-s -w")
PIE = Prog(NEWEST, "linux", "amd64", "pie")
S390X = Prog(NEWEST, "linux", "s390x")		# 64 bits, big-endian
MIPS = Prog(NEWEST, "linux", "mips")		# 32 bits, big-endian
I386 = Prog(NEWEST, "linux", "386")
ARM64 = Prog(NEWEST, "linux", "arm64")
ARM64_PIE = Prog(NEWEST, "linux", "arm64", "pie")
WINDOWS = Prog(NEWEST, "windows", "amd64")
DARWIN = Prog(NEWEST, "darwin", "arm64")
DARWIN_AMD64 = Prog(NEWEST, "darwin", "amd64")
PLAN9 = Prog(NEWEST, "plan9", "386")
FREEBSD = Prog(NEWEST, "freebsd", "amd64")
ANDROID = Prog(NEWEST, "android", "arm64", "pie")
WINDOWS_386 = Prog(NEWEST, "windows", "386")	# no sum from here on
AIX = Prog(NEWEST, "aix", "ppc64")

OLDER = [Prog(r, "linux", "amd64") for r in ("1.24", "1.25", "1.26")]
DWARFLESS = [Prog(p.release, p.goos, p.goarch, p.mode, ldflags="-s -w")
	     for p in (PIE, S390X, MIPS, I386, WINDOWS, DARWIN, PLAN9)]
RACE = Prog(NEWEST, "linux", "amd64", source="cgo", flags=["-race"],
	    tag="race", CGO_ENABLED=1, CC="gcc")
EXTERNAL = [external(linker, mode) for linker in ("bfd", "gold", "lld")
	    for mode in ("exe", "pie", "c-shared")]
# Go hashed four empty ranges in these, without a word: lld leaves the
# addresses only in .rela.dyn. The program refuses to start.
EMPTY = [p for p in EXTERNAL if "lld" in p.name and p.mode != "exe"]

SLICE = [TLS, AMD64, LATEST, STRIPPED, PIE, S390X, MIPS, I386, ARM64,
	 ARM64_PIE, WINDOWS, DARWIN, DARWIN_AMD64, PLAN9, FREEBSD, ANDROID,
	 WINDOWS_386, AIX, RACE, *OLDER, *DWARFLESS, *EXTERNAL]

# For the policies: snapshots of the module, and what is none.
HELLO = Prog(NEWEST, "linux", "amd64", source="hello", fips="latest")
CERTIFIED = Prog(NEWEST, "linux", "amd64", fips="v1.0.0-c2097c7c",
		 snapshot=True)
CERTIFIED_OFF = Prog(NEWEST, "linux", "amd64", fips="v1.0.0-c2097c7c",
		     snapshot=True, tag="fipsoff", flags=["-tags=fipsoff"])
IN_PROCESS = Prog(NEWEST, "linux", "amd64", fips="v1.26.0", snapshot=True)
SUPERSEDED = Prog("1.24", "linux", "amd64", fips="v1.0.0", snapshot=True)
SNAPSHOTS = [HELLO, CERTIFIED, CERTIFIED_OFF, IN_PROCESS, SUPERSEDED]

# For the reason codes: builds whose module is changed, or that refuse FIPS
# mode, or whose linker writes no sum. MARKED begins with the four that
# compile the standard library anew.
PUREGO = Prog(NEWEST, "linux", "amd64", tag="purego", flags=["-tags=purego"])
COVER = Prog(NEWEST, "linux", "amd64", tag="cover", flags=[
	"-cover", "-coverpkg=crypto/internal/fips140/..."])
OPENBSD = Prog(NEWEST, "openbsd", "amd64")
PLUGIN = Prog(NEWEST, "linux", "amd64", "plugin", source="hello",
	      CGO_ENABLED=1, CC="gcc")
ASAN = Prog(NEWEST, "linux", "amd64", flags=["-asan"], tag="asan", **CGO)
BORING = Prog(NEWEST, "linux", "amd64", tag="boring",
	      GOEXPERIMENT="boringcrypto", CGO_ENABLED=1, CC="gcc")
MARKED = [ASAN, BORING, PLUGIN, OPENBSD, COVER, PUREGO]

# The bytes that the linker hashed, as it saw them.
FIPSO = {p: OUT + "/bin/" + p.name + ".fipso" for p in (
	Prog(NEWEST, "linux", "amd64", tag="fipso"),
	Prog(NEWEST, "linux", "s390x", tag="fipso"),
	Prog(NEWEST, "windows", "amd64", tag="fipso"),
	Prog(NEWEST, "darwin", "arm64", tag="fipso"),
	Prog(NEWEST, "plan9", "386", tag="fipso"))}
for p, path in FIPSO.items():
	p.ldflags = "-fipso=" + path

ALL = SLICE + SNAPSHOTS + MARKED + list(FIPSO)

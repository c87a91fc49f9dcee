"""What the scripts in this directory share: building Go programs with each
installed release, asking gofips-check about them, and reporting.

A test prints "ok NAME" or "FAILED NAME: why", one line each; crosscheck/run
counts those lines. Nothing here needs a terminal or standard input.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
OUT = os.path.join(BUILD, "crosscheck")
PROGRAMS = os.path.join(ROOT, "testdata", "programs")
CHECKER = os.environ.get("GOFIPS_CHECK") or ROOT + "/bin/gofips-check"
RELEASES = ("1.24", "1.25", "1.26", "1.27")
NEWEST = RELEASES[-1]
MAGIC = b"\xff Go fipsinfo \xff\x00"
JOBS = 2	# the machines that we are content with have two cores

# How to run a program of each linux architecture. An amd64 kernel runs 386
# itself; Go's threads do not survive qemu-i386 (qemu 7.2: all threads share
# one descriptor for thread-local storage).
RUNNERS = {
	"amd64": [], "386": [],
	**{arch: ["qemu-%s-static" % name] for arch, name in {
		"arm": "arm", "arm64": "aarch64",
		"loong64": "loongarch64", "mips": "mips", "mipsle": "mipsel",
		"mips64": "mips64", "mips64le": "mips64el",
		"ppc64": "ppc64", "ppc64le": "ppc64le",
		"riscv64": "riscv64", "s390x": "s390x"}.items()},
}


# They exit with 1 if not told better, and what a program that ends has not
# freed is no leak to us: an arena lives as long as its program.
SANITIZERS = {"ASAN_OPTIONS": "exitcode=99:detect_leaks=0",
	      "UBSAN_OPTIONS": "exitcode=99"}


class Failed(Exception):
	"""A test that did not hold, or a tool that it needs and has not."""


def need(cond, why):
	if not cond:
		raise Failed(why)


# ---- the Go command -----------------------------------------------------

def goroot(release):
	return "/usr/lib/go-" + release


def go_env(root, **more):
	"""An environment in which go uses nothing but what is here."""
	env = {k: v for k, v in os.environ.items()
	       if not k.startswith(("GO", "CGO_")) or k == "GOFIPS_CHECK"}
	env.update(GOROOT=root, GOTOOLCHAIN="local", GOPROXY="off",
		   GOFLAGS="", GOENV="off", GOWORK="off", GOSUMDB="off",
		   GOTELEMETRY="off", CGO_ENABLED="0", HOME=BUILD,
		   GOCACHE=BUILD + "/gocache", GOPATH=BUILD + "/gopath",
		   GOMODCACHE=BUILD + "/gomodcache")
	env.update({k: str(v) for k, v in more.items()})
	return env


def go(release, *args, root=None, cwd=None, **env):
	"""Runs go and returns its standard output. Debian's src is a link: PWD
	says by which name go is to know it, or what it then puts into the cache
	has another in it than what plain go build would."""
	root = root or goroot(release)
	env["PWD"] = cwd or os.getcwd()
	need(os.access(root + "/bin/go", os.X_OK),
	     "no Go %s here: crosscheck/install test" % release)
	r = subprocess.run([root + "/bin/go", *args], cwd=cwd,
			   env=go_env(root, **env), text=True,
			   stdin=subprocess.DEVNULL, capture_output=True)
	need(r.returncode == 0, "go %s: %s" % (" ".join(args),
	     last_line(r.stderr) or "exit %d" % r.returncode))
	return r.stdout


def last_line(text):
	lines = [x for x in text.strip().splitlines() if x.strip()]
	return lines[-1].strip() if lines else ""


def dist_list(release):
	return [tuple(x.split("/")) for x in
		go(release, "tool", "dist", "list").split()]


_private = threading.Lock()


def snapshot_goroot(release):
	"""A GOROOT whose list of checksums has those of the snapshots as they
	are packed here. Debian packs the same files with other times of
	modification, so the zip files' own checksums differ from Go's
	list and go refuses them; the module's source is the same."""
	root = "%s/goroot-%s" % (OUT, release)
	with _private:
		if os.path.exists(root + "/lib/fips140/fips140.sum"):
			return root
		shutil.rmtree(root, ignore_errors=True)
		farm(goroot(release), root, "lib")
		farm(goroot(release) + "/lib", root + "/lib", "fips140")
		src, dst = goroot(release) + "/lib/fips140", root + "/lib/fips140"
		farm(src, dst, "fips140.sum")
		lines = []
		for line in open(src + "/fips140.sum"):
			f = line.split()
			if f and not line.startswith("#"):
				f[1] = sha256_file(src + "/" + f[0])
				line = " ".join(f) + "\n"
			lines.append(line)
		write(dst + "/fips140.sum", "".join(lines).encode())
	return root


def farm(src, dst, leave):
	"""dst: a link to everything in src but for one name."""
	os.makedirs(dst)
	for name in os.listdir(src):
		if name != leave:
			os.symlink(src + "/" + name, dst + "/" + name)


# ---- programs -----------------------------------------------------------

class Prog:
	"""A program to be built, and its file when it has been."""

	def __init__(self, release, goos, goarch, mode="exe", source="small",
		     fips="off", ldflags="", flags=(), snapshot=False, tag="",
		     **env):
		self.release, self.goos, self.goarch = release, goos, goarch
		self.mode, self.source, self.fips = mode, source, fips
		self.ldflags, self.flags, self.env = ldflags, flags, env
		self.snapshot = snapshot
		self.name = "-".join(x for x in (
			release, goos, goarch, mode,
			source if source != "small" else "",
			fips if fips != "off" else "",
			"stripped" if ldflags == "-s -w" else "", tag) if x)
		self.path = OUT + "/bin/" + self.name

	def build(self):
		"""Builds unless the same command made the file before."""
		root = (snapshot_goroot if self.snapshot else goroot)(self.release)
		dir = PROGRAMS + "/" + self.source
		args = ["build", "-p", "1", "-buildvcs=false", "-modcacherw",
			"-buildmode=" + self.mode, "-ldflags=" + self.ldflags,
			*self.flags, "-o", self.path]
		env = dict(self.env, GOOS=self.goos, GOARCH=self.goarch,
			   GOFIPS140=self.fips)
		stamp = repr((args, env, sha256_file(root + "/bin/go"),
			      [sha256_file(dir + "/" + x)
			       for x in sorted(os.listdir(dir))]))
		if os.path.exists(self.path) and \
		   read(self.path + ".cmd", b"") == stamp.encode():
			return self.path
		os.makedirs(os.path.dirname(self.path), exist_ok=True)
		go(self.release, *args, root=root, cwd=dir, **env)
		write(self.path + ".cmd", stamp.encode())
		return self.path

	def writes_sum(self):
		"""Does the linker of this release write a sum? As
		crosscheck/tables compares it with cmd/internal/obj: see
		EnableFIPS there."""
		if self.goarch == "wasm" or self.goos == "aix":
			return False
		if self.goos == "windows" and self.goarch in ("386", "arm"):
			return False
		return self.mode != "plugin"


def build_all(progs):
	"""Builds at most JOBS at a time; {prog: why it could not be built}."""
	def one(p):
		try:
			p.build()
		except (Failed, OSError) as e:
			return p, str(e)
		return p, None
	with ThreadPoolExecutor(JOBS) as pool:
		return {p: why for p, why in pool.map(one, progs) if why}


# ---- the checker --------------------------------------------------------

def run_check(*args, checker=None, **kw):
	"""The finished process, with text. A signal, or a finding of the
	sanitizers (they would exit with 1), is a failure at once."""
	kw.setdefault("stdin", subprocess.DEVNULL)
	kw.setdefault("env", dict(os.environ, **SANITIZERS))
	if "input" in kw:
		del kw["stdin"]
	try:
		r = subprocess.run([checker or CHECKER, *map(str, args)],
				   stdout=subprocess.PIPE,
				   stderr=subprocess.PIPE, timeout=60, **kw)
	except FileNotFoundError as e:
		raise Failed("no such program: %s" % e.filename)
	except subprocess.TimeoutExpired:
		raise Failed("does not end: %s" % " ".join(map(str, args)))
	r.stdout = r.stdout.decode("utf-8", "replace")
	r.stderr = r.stderr.decode("utf-8", "replace")
	need(0 <= r.returncode <= 2, "exit %d: %s" % (r.returncode,
	     last_line(r.stderr)))
	return r


def check(path, *flags, **kw):
	"""(exit status, [object, ...]) of gofips-check --json."""
	r = run_check("--json", *flags, path, **kw)
	try:
		return r.returncode, [json.loads(x) for x in r.stdout.splitlines()]
	except ValueError:
		raise Failed("not JSON: %.200s" % r.stdout)


def check1(path, *flags, **kw):
	"""As check, for a file that gives one object."""
	status, objects = check(path, *flags, **kw)
	need(len(objects) == 1, "%d objects for %s" % (len(objects), path))
	return status, objects[0]


def verdict(path, *flags, **kw):
	status, o = check1(path, *flags, **kw)
	return status, o.get("verdict")


def codes(o):
	return [r["code"] for r in o.get("reasons", [])]


# ---- files --------------------------------------------------------------

def read(path, default=None):
	try:
		with open(path, "rb") as f:
			return f.read()
	except FileNotFoundError:
		if default is None:
			raise
		return default


def write(path, data):
	with open(path, "wb") as f:
		f.write(data)
	return path


def sha256_file(path):
	return hashlib.sha256(read(path)).hexdigest()


def scratch(name):
	"""A fresh empty directory."""
	path = OUT + "/" + name
	shutil.rmtree(path, ignore_errors=True)
	os.makedirs(path)
	return path


def flipped(data, off, bit=1):
	return data[:off] + bytes([data[off] ^ bit]) + data[off + 1:]


# ---- reporting ----------------------------------------------------------

class Passed:
	"""The names of what passed with a program of ours and with Go as they
	are now, kept from one run to the next: an interrupted sweep goes on."""

	def __init__(self, program):
		self.path = "%s/sweep/passed-%s" % (
			BUILD, os.path.basename(program))
		os.makedirs(os.path.dirname(self.path), exist_ok=True)
		self.key = hashlib.sha256("".join(map(sha256_file, (
			program, *(goroot(r) + "/bin/go" for r in RELEASES)
		))).encode()).hexdigest() + " "
		self.lines = set(read(self.path, b"").decode().splitlines())

	def __contains__(self, name):
		return self.key + name in self.lines

	def add(self, name):
		with open(self.path, "a") as f:	# one write: threads may
			f.write(self.key + name + "\n")


def run_tests(group, tests, passed=None):
	"""tests: (name, function, arguments...). Words on the command line
	select the tests whose names contain one of them. passed: a Passed;
	what is in it is not done again."""
	words, bad, ran = sys.argv[1:], 0, 0
	for name, fn, *args in tests:
		name = "%s %s" % (group, name)
		if words and not any(w in name for w in words):
			continue
		ran += 1
		try:
			if passed is None or name not in passed:
				fn(*args)
				if passed is not None:
					passed.add(name)
		except Exception as e:	# any mistake is a failure of this one
			kind = "" if isinstance(e, Failed) else type(e).__name__ + ": "
			print("FAILED %s: %s%s" % (name, kind,
			      " ".join(str(e).split())), flush=True)
			bad += 1
		else:
			print("ok " + name, flush=True)
	if not ran:
		print("FAILED %s: no test ran" % group, flush=True)
	return 1 if bad or not ran else 0

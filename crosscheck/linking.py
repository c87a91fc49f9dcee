"""Link steps of real builds: captured once, repeated with any linker.

The go command is run with this file's `capture` as -toolexec: for the link
it records arguments and environment and keeps the archives (as hard links
into the build cache), then runs the tool as it is. What was recorded can be
linked again by the real linker and by ours, from the same inputs, with
further flags.
"""
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import threading

from gofips import (BUILD, NEWEST, OUT, ROOT, Failed, go, go_env, goroot,
		    last_line, need, read, write)
from linksrc import GENERATED, generate

SOURCES = ROOT + "/testdata/link"
CAPTURES = OUT + "/link"
CAPTURING = collections.defaultdict(threading.Lock)	# by step
LINKER = os.environ.get("GOFIPS_LINK") or ROOT + "/bin/gofips-link"


class Step:
	"""One program for one target. name: PROGRAM[+VARIANT][-GOARCH][-pie];
	PROGRAM a directory of testdata/link, one of linksrc.GENERATED, or a
	command as cmd/NAME."""

	VARIANTS = {
		"": ([], {}),
		"trimpath": (["-trimpath"], {}),
		"cover": (["-cover"], {}),
		"noopt": (["-gcflags=all=-N -l"], {}),
		"v3": ([], {"GOAMD64": "v3"}),
		"latest": ([], {"GOFIPS140": "latest"}),
	}

	def __init__(self, program, variant="", goarch="amd64", pie=False,
		     release=NEWEST, test=False):
		self.program, self.variant = program, variant
		self.goarch, self.pie, self.release = goarch, pie, release
		self.test = test
		self.name = program.replace("/", ".") + \
			("+" + variant if variant else "") + \
			("-" + goarch if goarch != "amd64" else "") + \
			("-pie" if pie else "") + \
			("-" + release if release != NEWEST else "") + \
			("-test" if test else "")
		self.dir = CAPTURES + "/" + self.name

	@staticmethod
	def parse(name):
		pie = name.endswith("-pie")
		name = name.removesuffix("-pie")
		goarch = "amd64"
		m = re.fullmatch(r"(.*)-(arm64|amd64)", name)
		if m:
			name, goarch = m.groups()
		program, _, variant = name.partition("+")
		test = program.endswith(".test")
		return Step(program.removesuffix(".test"), variant, goarch, pie,
			    test=test)

	def source(self):
		"""(directory, package) for the go command."""
		dir = SOURCES + "/" + self.program
		if self.program in GENERATED:
			dir = generate(self.program)
		elif not os.path.isdir(dir):
			return goroot(self.release) + "/src", self.program
		return dir, "."

	def capture(self, failing=False):
		"""Builds the program, unless it has been captured before. The
		link is recorded before it is tried: it may be a failing one."""
		with CAPTURING[self.name]:
			if not os.path.exists(self.dir + "/step.json"):
				self.capture_now(failing)
		return self

	def capture_now(self, failing):
		shutil.rmtree(self.dir, ignore_errors=True)
		os.makedirs(self.dir)
		flags, env = self.VARIANTS[self.variant]
		cwd, what = self.source()
		mode = "pie" if self.pie else "exe"
		args = ["test", "-c"] if self.test else ["build"]
		out = self.dir + "/built"
		if os.path.exists(out):
			os.unlink(out)	# an up-to-date program is not linked
		try:
			self.build(args, flags, mode, out, what, cwd, env)
		except Failed:
			if not failing:
				raise
		need(os.path.exists(self.dir + "/step.json"),
		     "%s: the go command linked nothing" % self.name)

	def build(self, args, flags, mode, out, what, cwd, env):
		go(self.release, *args, "-p", "2", "-buildvcs=false",
		   "-buildmode=" + mode, *flags,
		   "-toolexec=%s %s capture" % (sys.executable, __file__),
		   "-o", out, what, cwd=cwd, GOOS="linux", GOARCH=self.goarch,
		   GOFIPS_CAPTURE=self.dir, **env)

	def command(self, linker, out, extra=()):
		"""(arguments, environment) that link it to out."""
		step = json.loads(read(self.dir + "/step.json"))
		args = list(step["args"])
		args[args.index("-o") + 1] = out
		if "-fipso" in args:	# the module as it was hashed
			args[args.index("-fipso") + 1] = out + ".fipso"
		return [*linker, *args[:-1], *extra, args[-1]], step["env"]

	def real(self):
		return [goroot(self.release) + "/pkg/tool/linux_amd64/link"]

	def link(self, linker, out, extra=(), **env):
		"""Runs it; (status, what it wrote to standard error)."""
		if os.path.isfile(out):	# not /dev/full
			os.unlink(out)
		args, e = self.command(linker, out, extra)
		r = subprocess.run(args, env=dict(e, **env), cwd=self.dir,
				   stdin=subprocess.DEVNULL,
				   stdout=subprocess.PIPE,
				   stderr=subprocess.STDOUT)
		return r.returncode, r.stdout.decode("utf-8", "replace")

	def reference(self, extra=()):
		"""What the real linker writes: kept, since it is asked for
		again by every number of threads."""
		tag = re.sub(r"[^-\w=.]", "_", "".join(extra)) or "default"
		out = "%s/ref%s" % (self.dir, "" if tag == "default" else
				    "_" + tag)
		if not os.path.exists(out):
			status, text = self.link(self.real(), out, extra)
			need(status == 0, "go tool link: " + last_line(text))
		return out

	def compare(self, extra=(), threads=None, out=None, own=()):
		"""Links with ours and compares every byte; what it said."""
		ref = self.reference(extra)
		out = out or "%s/our" % self.dir
		own = [*own, *(["--threads=%d" % threads] if threads else [])]
		status, text = self.link([LINKER], out, [*extra, *own],
					 GOFIPS_LINK_STRICT="1")
		need(status == 0, "gofips-link: exit %d: %s"
		     % (status, text.strip()[-300:]))
		same = subprocess.call(["cmp", "-s", ref, out]) == 0
		if os.path.exists(ref + ".fipso"):
			same &= read(ref + ".fipso") == read(out + ".fipso")
		need(same,
		     "differs: crosscheck/secdiff %s %s" % (
			     os.path.relpath(ref, ROOT),
			     os.path.relpath(out, ROOT)))
		return text


def keep_archive(pkg, path, shared, own):
	"""Archives of the build cache are named by their contents."""
	name = shared + "/" + os.path.basename(path)
	if path.endswith("/_pkg_.a"):
		name = own + "/" + pkg.replace("/", ".") + ".a"
	if own in name or not os.path.exists(name):
		try:
			os.link(path, name)
		except OSError:	# another file system, or there already
			write(name, read(path))
	return name


def capture(argv):
	"""As -toolexec program: records a link, and runs the tool."""
	dir = os.environ["GOFIPS_CAPTURE"]
	if os.path.basename(argv[0]) == "link" and "-V=full" not in argv:
		args = argv[1:]
		cfg = args[args.index("-importcfg") + 1]
		archives = CAPTURES + "/archives"
		os.makedirs(archives, exist_ok=True)
		lines = []
		for line in open(cfg):
			verb, _, rest = line.rstrip("\n").partition(" ")
			if verb == "packagefile":
				pkg, _, path = rest.partition("=")
				path = keep_archive(pkg, path, archives, dir)
				line = "packagefile %s=%s\n" % (pkg, path)
			lines.append(line)
		write(dir + "/importcfg.link", "".join(lines).encode())
		write(dir + "/main.a", read(args[-1]))
		args[args.index("-importcfg") + 1] = dir + "/importcfg.link"
		args[-1] = dir + "/main.a"
		env = {k: v for k, v in os.environ.items()
		       if k != "GOFIPS_CAPTURE"}
		write(dir + "/step.json", json.dumps(
			{"args": args, "env": env}, indent=1).encode())
	os.execv(argv[0], argv)


if __name__ == "__main__":
	if sys.argv[1:2] == ["capture"]:
		capture(sys.argv[2:])

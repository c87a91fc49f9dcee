"""The FIPS sum of a Go binary, recomputed without any code of gofips-check:
addresses from `go tool nm`, the bytes from a reader of each format that
knows no more than where a loader puts the file's bytes.

A program that was stripped has no symbols, so this serves tests only.
"""
import hashlib
import hmac
import struct

from gofips import NEWEST, go, need, read

RANGES = ("text", "rodata", "noptrdata", "data")


def segments(data):
	"""[(address, file offset, size in the file)]"""
	if data[:4] == b"\x7fELF":
		return elf(data)
	if data[:4] == b"\xcf\xfa\xed\xfe":
		return macho(data)
	if data[:2] == b"MZ":
		return pe(data)
	return plan9(data)


def elf(d):
	wide = d[4] == 2
	e = "<" if d[5] == 1 else ">"
	if wide:
		off, = struct.unpack_from(e + "Q", d, 32)
		size, n = struct.unpack_from(e + "HH", d, 54)
	else:
		off, = struct.unpack_from(e + "I", d, 28)
		size, n = struct.unpack_from(e + "HH", d, 42)
	got = []
	for at in range(off, off + n * size, size):
		if wide:
			type, _, fo, va, _, fs = struct.unpack_from(
				e + "IIQQQQ", d, at)
		else:
			type, fo, va, _, fs = struct.unpack_from(
				e + "IIIII", d, at)
		if type == 1:	# PT_LOAD
			got.append((va, fo, fs))
	return got


def macho(d):
	n, = struct.unpack_from("<I", d, 16)
	got, at = [], 32
	for _ in range(n):
		cmd, size = struct.unpack_from("<II", d, at)
		if cmd == 0x19:		# LC_SEGMENT_64
			va, _, fo, fs = struct.unpack_from("<QQQQ", d, at + 24)
			got.append((va, fo, fs))
		at += size
	return got


def pe(d):
	head, = struct.unpack_from("<I", d, 0x3c)
	n, = struct.unpack_from("<H", d, head + 6)
	opt, = struct.unpack_from("<H", d, head + 20)
	base, = struct.unpack_from("<Q", d, head + 48)
	got = []
	for i in range(n):
		at = head + 24 + opt + 40 * i
		vs, va, rs, fo = struct.unpack_from("<IIII", d, at + 8)
		got.append((base + va, fo, min(vs, rs)))
	return got


# a.out magic: where its text begins, the header's size, the page
PLAN9 = {0x1eb: (0x1000, 32, 0x1000), 0x8a97: (0x200000, 40, 0x200000),
	 0x647: (0x1000, 32, 0x1000)}


def plan9(d):
	magic, text, data = struct.unpack_from(">III", d)
	need(magic in PLAN9, "unknown format")
	start, head, page = PLAN9[magic]
	second = -(-(start + head + text) // page) * page
	return [(start + head, head, text), (second, head + text, data)]


def offset(segs, addr, size=1):
	for va, fo, fs in segs:
		if va <= addr and addr + size <= va + fs:
			return fo + addr - va
	need(False, "address %#x is not in the file" % addr)


def symbols(path, release=NEWEST):
	got = {}
	for line in go(release, "tool", "nm", path).splitlines():
		f = line.split()
		if len(f) >= 3 and f[2].lstrip("_").startswith("go:"):
			got[f[2].lstrip("_")] = int(f[0], 16)
	return got


def framed(pieces):
	out = b"go fips object v1\n"
	for p in pieces:
		out += struct.pack(">Q", len(p)) + p
	return out


def hmac_sum(message):
	return hmac.new(bytes(32), message, hashlib.sha256).hexdigest()


class Oracle:
	"""start, end, offset of each range, what is hashed, and the sums."""

	def __init__(self, path, release=NEWEST):
		data, sym = read(path), symbols(path, release)
		segs = segments(data)
		self.ranges, pieces = [], []
		for name in RANGES:
			start = sym["go:%sfipsstart" % name]
			end = sym["go:%sfipsend" % name]
			off = offset(segs, start, end - start)
			self.ranges.append((name, start, end, off))
			pieces.append(data[off:off + end - start])
		self.address = sym["go:fipsinfo"]
		self.offset = offset(segs, self.address, 84)
		self.stored = data[self.offset + 16:self.offset + 48].hex()
		self.message = framed(pieces)
		self.computed = hmac_sum(self.message)

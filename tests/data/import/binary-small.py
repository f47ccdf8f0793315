#!/usr/bin/env python3
"""Writes glibc-small.mtr and bench-small.trace: what glibc's malloc trace utilities and malloc-bench write, in small."""
import pathlib
import struct

HERE = pathlib.Path(__file__).parent
MALLOC, CALLOC, FREE, REALLOC, MEMALIGN, VALLOC, PVALLOC, POSIX_MEMALIGN, MAGIC = *range(1, 9), 255
IN_PARTS = 0x40


def record(thread, kind, ptr1=0, ptr2=0, size=0, size2=0, path=0):
    return struct.pack("<iBBHQQQQQQQ", thread, kind, path, 0, ptr1, ptr2, size, size2, 0, 0, 0)


def glibc():
    hole = bytes(64)
    return b"".join([
        record(71, MAGIC, ptr1=0x1234, size=8),
        record(71, MALLOC, ptr2=0x1000, size=100),
        record(71, CALLOC, ptr2=0x2000, size=200),
        record(71, REALLOC, 0x1000, 0x3000, 150, path=IN_PARTS),
        record(71, MALLOC, ptr2=0x3000, size=150),
        record(71, FREE, 0x1000),
        hole,
        record(72, MEMALIGN, ptr2=0x4000, size=64, size2=64),
        record(72, POSIX_MEMALIGN, 0, 0x5000, 32, 4096),
        record(72, POSIX_MEMALIGN, 22, 0, 32, 3),
        record(71, VALLOC, ptr2=0x6000, size=10),
        record(72, MALLOC, ptr2=0x2000, size=40),  # what 71 frees in the next record
        record(71, FREE, 0x2000),
        record(71, REALLOC, 0x3000, 0, 0),
        record(71, FREE, 0),
        record(72, REALLOC, 0, 0x7000, 24),
        record(72, REALLOC, 0x7000, 0, 1 << 62),
        hole, hole,
    ])


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number, value):
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def line(call, **numbers):
    kind = ["malloc", "free", "realloc", "calloc"].index(call) + 1
    body = b"".join(field(int(name[1:]), value) for name, value in numbers.items())
    return field(1, field(kind, body))


def bench():
    return b"".join([
        line("malloc", f1=0, f2=1234),
        line("malloc", f1=1, f2=1024),
        line("calloc", f1=2, f2=3, f3=7),
        line("realloc", f1=1, f2=1, f3=5000),
        line("free", f1=0),
        line("malloc", f1=0, f2=40, f3=64),
        line("free"),
        line("malloc", f2=1 << 40),
        line("realloc", f1=3, f3=16),
        line("realloc", f2=3, f3=0),
        line("free", f1=2, f2=21),
        field(2, 4),
    ])


(HERE / "glibc-small.mtr").write_bytes(glibc())
(HERE / "bench-small.trace").write_bytes(bench())

#!/usr/bin/env python3
"""A raw heaptrack log, read and replayed by us and read by heaptrack's own two programs, by turns in the same run.

Usage: heaptrack_compare.py BUILD LOG.raw.zst [--events N] [--rounds N]
BUILD is a release build folder with alloctrace; heaptrack and zstd are installed. Ours is `alloctrace replay`, which
replays all of it through the buddy allocator with its figures; theirs is heaptrack_interpret, which resolves the
addresses, and heaptrack_print, which sums up. --events makes a longer log of LOG: its allocations and frees again and
again, each time after all that lived was freed.

Times are processor time (user and system) of all programs of a side, the least of the rounds; elapsed time is given
beside, and says little on a machine that does other things.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

INTERPRET = "/usr/lib/heaptrack/libexec/heaptrack_interpret"


def measured(command):
    """Processor seconds of a shell's command and all that it started, and elapsed seconds."""
    began = time.monotonic()
    child = subprocess.Popen(["bash", "-o", "pipefail", "-c", command])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, time.monotonic() - began


def lengthened(log, events, path):
    """LOG's lines once, then its events again until there are so many; returns how many there are."""
    text = subprocess.run(["zstd", "-dc", log], stdout=subprocess.PIPE, check=True).stdout
    repeated = [line for line in text.split(b"\n") if line[:2] in (b"+ ", b"- ")]
    live = set()
    for line in repeated:
        pointer = line.rsplit(b" ", 1)[1]
        live.add(pointer) if line[:1] == b"+" else live.discard(pointer)
    again = b"\n".join([b"- " + pointer for pointer in live] + repeated) + b"\n"
    each, count = len(repeated) + len(live), len(repeated)
    with open(path, "wb") as out:
        packer = subprocess.Popen(["zstd", "-q", "-c", "-3"], stdin=subprocess.PIPE, stdout=out)
        packer.stdin.write(text if text.endswith(b"\n") else text[: text.rfind(b"\n") + 1])
        while count < events:
            packer.stdin.write(again)
            count += each
        packer.stdin.close()
        packer.wait()
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("log")
    parser.add_argument("--events", type=float)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ours = os.path.join(options.build, "core/alloctrace")
    folder = tempfile.mkdtemp()
    try:
        log, out = options.log, os.path.join(folder, "interpreted")
        if options.events:
            log = os.path.join(folder, "long.raw.zst")
            print(f"{lengthened(options.log, int(options.events), log)} events")
        sides = {
            "alloctrace info": f"{ours} info {log} > /dev/null",
            "alloctrace replay": f"{ours} replay {log} > /dev/null",
            "heaptrack_interpret": f"zstd -dc {log} | {INTERPRET} > {out} 2> /dev/null",
            "heaptrack_print": f"heaptrack_print {out} > /dev/null 2>&1",
        }
        best = {}
        for _ in range(options.rounds):
            for name, command in sides.items():
                cpu, elapsed = measured(command)
                best[name] = tuple(map(min, zip(best.get(name, (cpu, elapsed)), (cpu, elapsed))))
        for name, (cpu, elapsed) in best.items():
            print(f"{name:<22} {cpu:8.2f} s cpu {elapsed:8.2f} s elapsed")
        theirs = best["heaptrack_interpret"][0] + best["heaptrack_print"][0]
        print(f"ours, with the replay, takes {best['alloctrace replay'][0] / theirs:.2f} of theirs")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How long a log of any length takes to read, to replay and to write, and the memory that costs.

Usage: scale_bench.py BUILD [--events N ...] [--spelling json jsonl objects] [--rounds N] [--folder DIR]
BUILD is a release build folder with alloctrace and make_log (configure it with -DALLOCVIZ_BENCH=ON). The logs are made
anew by make_log, the same each time, into a folder that is removed at the end; 10^8 events take 4.4 GB there.

Times are processor time (user and system) of the whole program, the least of the rounds: on a machine that does other
things elapsed time says little, and it is given beside. Memory is the peak of the resident set. `replay` reads, too: the
replay alone is its time less that of `info`. `convert` reads and writes. `open` is the window's way to a log, without the
window: when its first part can be used, when the whole can, and both again from the cache; here elapsed time counts from
the command on, so say how loaded the machine is.
"""
import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time


def measured(command):
    """Processor seconds, elapsed seconds and peak bytes of a program; its output is thrown away."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * 1024


def least(command, rounds):
    runs = [measured(command) for _ in range(rounds)]
    return tuple(min(run[i] for run in runs) for i in range(3))


def line(what, events, cpu, elapsed, peak):
    print(f"{what:<28} {cpu:8.2f} s cpu {elapsed:8.2f} s elapsed {events / cpu / 1e6:7.2f} M events/s "
          f"{peak / 2**20:8.0f} MiB {peak / events:6.1f} B/event", flush=True)


def opened(bench, log, cache, rounds):
    """What open_bench prints, a dictionary of (elapsed, cpu, MiB) for each of its moments, the least of the rounds."""
    best = {}
    for _ in range(rounds):
        command = [bench, log] + ([cache] if cache else [])
        for text in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
            words = text.split()
            if words[0] == "busy":
                best["busy"] = min(best.get("busy", (1e9,)), (float(words[1]),))
            elif words[0] == "holds":
                best["holds"] = (text,)
            else:
                now = (float(words[1]), float(words[4]), float(words[9]))
                best[words[0]] = min(best.get(words[0], now), now)
    return best


def open_lines(name, bench, log, folder, rounds):
    cache = os.path.join(folder, "cache")
    read = opened(bench, log, None, rounds)
    opened(bench, log, cache, 1)
    for what, moments in (("open", read), ("reopen", opened(bench, log, cache, rounds))):
        for moment, numbers in moments.items():
            if moment == "holds":
                print(f"{name + ' ' + what:<28} {numbers[0]}")
            elif moment == "busy":
                print(f"{name + ' ' + what + ' busy':<28} {numbers[0]:8.1f} ms cpu in the longest frame")
            else:
                print(f"{name + ' ' + what + ' ' + moment:<28} {numbers[1]:8.2f} s cpu {numbers[0]:8.2f} s elapsed "
                      f"{numbers[2]:8.0f} MiB", flush=True)
    shutil.rmtree(cache, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--events", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument("--spelling", nargs="+", default=["json", "jsonl"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder")
    options = parser.parse_args()
    trace = os.path.join(options.build, "core/alloctrace")
    make_log = os.path.join(options.build, "tests/make_log")
    bench = os.path.join(options.build, "tests/open_bench")
    folder = tempfile.mkdtemp(dir=options.folder)
    try:
        for events in map(int, options.events):
            for spelling in options.spelling:
                log = os.path.join(folder, "log.json" if spelling == "json" else "log.jsonl")
                with open(log, "wb") as out:
                    subprocess.run([make_log, str(events), spelling], stdout=out, check=True)
                name = f"{events:.0e} {spelling}"
                info = least([trace, "info", log], options.rounds)
                line(f"{name} info", events, *info)
                replay = least([trace, "replay", log], options.rounds)
                line(f"{name} replay", events, *replay)
                print(f"{'':<28} {replay[0] - info[0]:8.2f} s cpu for the replay alone: "
                      f"{events / max(replay[0] - info[0], 1e-9) / 1e6:.1f} M events/s")
                copy = os.path.join(folder, "copy.json")
                written = least([trace, "convert", log, copy], options.rounds)
                megabytes = os.path.getsize(copy) / 1e6
                line(f"{name} convert", events, *written)
                print(f"{'':<28} {written[0] - info[0]:8.2f} s cpu for writing {megabytes:.0f} MB: "
                      f"{megabytes / max(written[0] - info[0], 1e-9):.0f} MB/s")
                os.remove(copy)
                if os.path.exists(bench):
                    open_lines(name, bench, log, folder, options.rounds)
                os.remove(log)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()

#!/usr/bin/env python3
"""What recording costs a program, beside heaptrack and ltrace: the same programs in the same run.

Usage: record_bench.py BUILD [--rounds N] [--only NAME]
BUILD is a build folder with alloctrace and the tests' record_subject. Peers that are not installed are left out.

Every round runs every variant once, in an order that is turned by one each round; the medians of the rounds are compared.
The measure is the processor time (user and system) of the program with the recorder in it, and of whatever else works for
it while it runs: on a machine that does other things, elapsed time says little. `whole` is the processor time of the
command as a user types it, with what is done after the program ended (names of call sites, writing the log).
Each library alone writes its own raw form to a file of its own, uncompressed. ltrace, which stops the program at every call,
is only tried where there are few. A server's load comes from clients that are neither recorded nor counted.

Before each table: what the program's log has, and whether it replays, on a heap of slabs over a buddy of 1 GiB.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HEAPTRACK_LIBRARIES = ["/usr/lib/heaptrack/libheaptrack_preload.so",
                       "/usr/lib/x86_64-linux-gnu/heaptrack/libheaptrack_preload.so"]

SQL = ("create table t(a,b); with recursive c(x) as (select 1 union all select x+1 from c where x<100000) "
       "insert into t select x, x*7%1000 from c; create index i on t(b); select count(*) from t group by b;")
CPP = ("#include <map>\n#include <regex>\n#include <string>\n"
       "int f(){std::regex r(\"a+b*\");std::map<std::string,int> m;m[\"x\"]=1;return std::regex_match(\"aab\",r)+(int)m.size();}\n")
PYTHON = "import json; d={str(i):[i]*3 for i in range(20000)}; json.loads(json.dumps(d))"


# Debian's redis-tools has the server under another name, without the service that redis-server would start.
REDIS = "/usr/bin/redis-check-rdb"
REDIS_LOAD = """
for i in $(seq 600); do redis-cli -s socket ping 2>/dev/null && break; sleep 0.05; done
redis-benchmark -s socket -n 20000 -c 20 -P 8 -q -r 1000 -t set,get,lpush,lpop,sadd,hset,zadd,mset
redis-cli -s socket shutdown nosave
"""


# name: (command, environment, whether it makes few calls, a script that loads it meanwhile)
def programs(build, folder):
    source = os.path.join(folder, "t.cc")
    with open(source, "w") as file:
        file.write(CPP)
    subject = os.path.join(build, "tests/record_subject")
    found = {
        "malloc and free, 40k calls": ([subject, "many", "20000"], {}, True, None),
        "malloc and free, 10M calls": ([subject, "many", "5000000"], {}, False, None),
        "4 threads": ([subject, "threads", "20000"], {}, False, None),
        "sqlite3": (["sqlite3", ":memory:", SQL], {}, False, None),
        "python3, PYTHONMALLOC=malloc": (["/usr/bin/python3", "-c", PYTHON], {"PYTHONMALLOC": "malloc"}, False, None),
        "git log --stat": (["git", "-C", os.path.dirname(os.path.abspath(__file__)), "log", "--stat", "-n", "30"], {}, True, None),
        "clang++ of <regex>": (["clang++", "-O1", "-c", source, "-o", source + ".o"], {}, False, None),
    }
    if os.path.exists(REDIS) and shutil.which("redis-benchmark"):
        server = os.path.join(folder, "redis-server")
        os.symlink(REDIS, server)
        found["redis-server under load"] = (
            [server, "--port", "0", "--unixsocket", "socket", "--save", ""], {}, False, REDIS_LOAD)
    return {name: what for name, what in found.items() if shutil.which(what[0][0])}


def variants(build, folder):
    ours = os.path.join(build, "core/liballoctrace_record.so")
    spool = os.path.join(folder, "spool")
    found = {"bare": ([], {})}
    for depth in ("8", "0"):
        found["alloctrace, depth " + depth] = ([], {
            "LD_PRELOAD": ours, "ALLOCTRACE_RECORD_FOLDER": spool, "ALLOCTRACE_RECORD_DEPTH": depth})
    found["whole: alloctrace record"] = ([os.path.join(build, "core/alloctrace"), "record", "-q", "-o",
                                          os.path.join(folder, "out.jsonl.zst"), "--"], {})
    library = next((path for path in HEAPTRACK_LIBRARIES if os.path.exists(path)), None)
    if library:
        found["heaptrack"] = ([], {"LD_PRELOAD": library, "DUMP_HEAPTRACK_OUTPUT": os.path.join(spool, "heaptrack")})
        found["whole: heaptrack --raw"] = (["heaptrack", "--raw", "-o", os.path.join(folder, "heaptrack")], {})
        found["whole: heaptrack"] = (["heaptrack", "-o", os.path.join(folder, "heaptrack")], {})
    if shutil.which("ltrace"):
        found["ltrace"] = (["ltrace", "-o", os.path.join(spool, "ltrace"), "-e",
                            "malloc+free+calloc+realloc@*"], {})
    return found


def seconds_of(prefix, command, environment, load, folder):
    spool = os.path.join(folder, "spool")
    shutil.rmtree(spool, ignore_errors=True)
    os.mkdir(spool)
    quiet = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    clients = subprocess.Popen(["sh", "-c", load], **quiet) if load else None
    program = subprocess.Popen(prefix + command, env={**os.environ, **environment}, **quiet)
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    if clients:
        clients.wait()
    if program.returncode not in (0, 5):
        print(f"{prefix + command}: ended with {program.returncode}", file=sys.stderr)
    return used.ru_utime + used.ru_stime


# What the log of the last run of `alloctrace record` has, and whether it replays.
def said_of_log(build, folder):
    def told(*arguments):
        ran = subprocess.run([os.path.join(build, "core/alloctrace"), *arguments], cwd=folder, capture_output=True, check=True)
        return json.loads(ran.stdout)

    log = told("info", "--json", "out.jsonl.zst")
    replayed = told("replay", "--json", "--allocator", "tiered:arena=1GiB,min=64", "out.jsonl.zst")
    return (f"{log['events']} events of {log['threads']} threads, {log['unknown_frees']} frees of unknown blocks; "
            f"{replayed['runs'][0]['failed']} requests fail in the replay")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    with tempfile.TemporaryDirectory(prefix="record-bench-") as folder:
        ways = variants(build, folder)
        for name, (command, environment, few, load) in programs(build, folder).items():
            if options.only not in name:
                continue
            taken = {way: [] for way in ways if few or way != "ltrace"}
            order = list(taken)
            for _ in range(options.rounds):
                for way in order:
                    prefix, more = ways[way]
                    taken[way].append(seconds_of(prefix, command, {**environment, **more}, load, folder))
                order.append(order.pop(0))
            medians = {way: statistics.median(times) for way, times in taken.items()}
            bare = medians["bare"]
            peer = medians.get("heaptrack", bare) - bare
            print(f"\n{name}: bare {bare:.3f} s of processor time; {said_of_log(build, folder)}")
            print("| variant | s | times bare | added s | of heaptrack's |\n|---|---|---|---|---|")
            for way, median in medians.items():
                share = f"{(median - bare) / peer:.2f}" if peer > 0.001 and way != "bare" else ""
                print(f"| {way} | {median:.3f} | {median / bare if bare else 0:.2f} | {median - bare:.3f} | {share} |", flush=True)


main()

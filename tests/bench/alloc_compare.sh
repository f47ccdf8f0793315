#!/usr/bin/env bash
# Medians of interleaved runs of alloc_bench, one process a peer and run, and their ratio to the best peer.
# Usage: alloc_compare.sh ALLOC_BENCH [ROUNDS]      CPU time, ns an operation; lower is better, ratios below 1 are ours.
# Below the table: the bars that have a peer here.
# mimalloc and jemalloc stand in for malloc by LD_PRELOAD; MIMALLOC= and JEMALLOC= name them where ldconfig does not.
set -euo pipefail
bench=${1:?the path of alloc_bench}
rounds=${2:-9}

library() { ldconfig -p | awk -v name="$1" '$1 ~ name {print $NF; exit}'; }
mimalloc=${MIMALLOC:-$(library '^libmimalloc\.so')}
jemalloc=${JEMALLOC:-$(library '^libjemalloc\.so')}

# workload | benchmark | name | preload
peers=()
for workload in WideSizes SmallSizes EmptyHeap; do
  for ours in Buddy FixedBuddy Beside Bitmap Tiered; do peers+=("$workload|$workload<$ours>|ours: $ours|"); done
  peers+=("$workload|$workload<PmrPool>|std::pmr pool|" "$workload|$workload<Malloc>|glibc|")
  if [ -n "$mimalloc" ]; then peers+=("$workload|$workload<Malloc>|mimalloc|$mimalloc"); fi
  if [ -n "$jemalloc" ]; then peers+=("$workload|$workload<Malloc>|jemalloc|$jemalloc"); fi
done
for workload in SlabRandom SlabLastInFirstOut SlabFillAndDrain; do
  for ours in CheckedSlab UncheckedSlab FixedSlab; do peers+=("$workload|$workload<$ours>|ours: $ours|"); done
  peers+=("$workload|$workload<BoostPool>|boost::pool|")
done
peers+=("BumpUntilFull|BumpUntilFull<UncheckedBump>|ours: UncheckedBump|" "BumpUntilFull|BumpUntilFull<Monotonic>|std::pmr monotonic|")
[ -n "$mimalloc" ] || echo "no mimalloc here (libmimalloc2.0)" >&2
[ -n "$jemalloc" ] || echo "no jemalloc here (libjemalloc2)" >&2

samples=$(mktemp)
trap 'rm -f "$samples"' EXIT
for ((round = 0; round < rounds; ++round)); do
  for peer in "${peers[@]}"; do
    IFS='|' read -r workload benchmark name preload <<<"$peer"
    # per_op, in seconds, stands in the last column of the one line that is no heading.
    LD_PRELOAD=$preload "$bench" --benchmark_filter="^$benchmark\$" --benchmark_format=csv --benchmark_min_time=0.1 2>/dev/null |
      awk -F, -v key="$workload|$name" '/^"/ {printf "%s|%.4f\n", key, $NF * 1e9}' >>"$samples"
  done
done

sort -t'|' -k1,1 -k2,2 -k3,3n "$samples" | awk -F'|' '
  function close_group() { if (n) { median[w "|" p] = v[int((n + 1) / 2)]; order[++count] = w "|" p } n = 0 }
  { if ($1 != w || $2 != p) { close_group(); w = $1; p = $2 } v[++n] = $3 }
  END {
    close_group()
    for (i = 1; i <= count; ++i) {
      split(order[i], part, "|")
      if (part[2] !~ /^ours/ && (!(part[1] in best) || median[order[i]] < best[part[1]])) best[part[1]] = median[order[i]]
    }
    printf "%-20s %-22s %9s  %s\n", "workload", "peer", "ns an op", "ratio to the best peer"
    for (i = 1; i <= count; ++i) {
      split(order[i], part, "|")
      printf "%-20s %-22s %9.2f  %.2f\n", part[1], part[2], median[order[i]], median[order[i]] / best[part[1]]
    }
    print ""
    bar("WideSizes", "ours: FixedBuddy", "mimalloc", 0.62)
    bar("WideSizes", "ours: Beside", "mimalloc", 0.62)
    bar("SmallSizes", "ours: FixedBuddy", "mimalloc", 1.0)
    bar("SmallSizes", "ours: Beside", "mimalloc", 1.0)
    bar("SlabRandom", "ours: FixedSlab", "boost::pool", 1.0)
    bar("SlabLastInFirstOut", "ours: FixedSlab", "boost::pool", 1.0)
    bar("SlabFillAndDrain", "ours: FixedSlab", "boost::pool", 1.0)
    bar("BumpUntilFull", "ours: UncheckedBump", "std::pmr monotonic", 0.65)
  }
  function bar(workload, ours, peer, most,    ratio) {
    if (!((workload "|" peer) in median)) return
    ratio = median[workload "|" ours] / median[workload "|" peer]
    printf "%-20s %-22s %5.2f of %s, at most %.2f: %s\n", workload, ours, ratio, peer, most, ratio <= most ? "held" : "missed"
  }'

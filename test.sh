#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
. "$root/third_party/setup.sh"

usage() {
  cat <<'END'
Usage: ./test.sh [--all | PRESET...]
  (nothing)   every test in the preset asan-ubsan (clang), and in release (g++) all but those of the window's parts,
              which there is tested as a program: to be done within minutes
  --all       every test in dev, release, asan-ubsan, tsan and core-only
  PRESET...   every test in these presets only
Installs the Debian packages that are missing (third_party/packages.txt). Ends with 1 when a test fails or none ran.
END
}

presets=()
for argument in "$@"; do
  case $argument in
    -h | --help) usage; exit ;;
    --all) presets=(dev release asan-ubsan tsan core-only) ;;
    dev | release | asan-ubsan | tsan | core-only) presets+=("$argument") ;;
    *) usage >&2; exit 2 ;;
  esac
done
parts_in_release=ON
if [ "${#presets[@]}" = 0 ]; then
  presets=(release asan-ubsan)
  parts_in_release=OFF
fi

# The sanitizers of clang 14 map their shadow at fixed addresses, which the widest address randomisation of newer kernels
# may have taken: switched off for these runs where the system lets us.
if setarch "$(uname -m)" -R true 2>/dev/null; then steady=(setarch "$(uname -m)" -R); fi

# Tests wait a good part of their time: those of one preset run while the next is built, which gives way to them.
gently=(nice)
testing=  # the preset whose tests run, and the process that runs them
tests=

# One more at a time than there are processors: those of the window mostly wait.
begin_tests() {
  testing=$1
  say "Testing ($testing) …"
  "${steady[@]}" ctest --test-dir "$root/build/$testing" -j "$(($(nproc) + 1))" --output-on-failure --no-tests=error \
    >"$logs/test-$testing.log" 2>&1 </dev/null &
  tests=$!
}

# Waits for the tests that run, if any do, and says how they ended.
end_tests() {
  [ -n "$tests" ] || return 0
  local log=$logs/test-$testing.log ended=0
  wait "$tests" || ended=$?
  tests=
  if [ "$ended" != 0 ]; then
    say "Tested ($testing): not all passed"
    # What the failing tests printed; the lines of those that passed are left out.
    grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#[0-9]+: .* +(Passed|\*\*\*Skipped) )' "$log" | tail -n 200 >&2
    failed+=("$testing")
    return 0
  fi
  # A suite is one test for ctest; how many tests they held, and which were skipped, stands in what the suites printed.
  local all=$root/build/$testing/Testing/Temporary/LastTest.log passed skipped
  passed=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) tests?\.$/\1/p' "$all" | awk '{ sum += $1 } END { print sum + 0 }')
  skipped=$(sed -nE 's/^\[  SKIPPED \] ([0-9]+) tests?.*/\1/p' "$all" | awk '{ sum += $1 } END { print sum + 0 }')
  say "Tested ($testing): $(grep -E 'tests passed, ' "$log") suites and programs"
  say "  in them $passed tests passed"
  [ "$skipped" = 0 ] || say "  and $skipped were skipped: \"Skipped\" in $all says which and why"
}

# Where the next preset does not build, the tests of the one before still have their say; whoever interrupts does not wait.
interrupted() {
  if [ -n "$tests" ]; then kill "$tests" 2>/dev/null || true; fi
  tests=
  exit 130
}
trap end_tests EXIT
trap interrupted INT TERM

install_packages run test
failed=()
mkdir -p "$logs"
for preset in "${presets[@]}"; do
  parts=ON
  [ "$preset" != release ] || parts=$parts_in_release
  configure "$preset" ON "$parts"
  build "$preset"
  end_tests
  begin_tests "$preset"
done
end_tests
[ "${#failed[@]}" -eq 0 ] || fail "Failed in: ${failed[*]}"

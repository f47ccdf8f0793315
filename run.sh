#!/usr/bin/env bash
# ./run.sh [FILE] [options of allocviz]: installs what is missing, builds, opens the window. ./run.sh --help lists them.
# Without a display, allocviz draws the same scene to allocviz.png and prints the replay's summary.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
. "$root/third_party/setup.sh"

install_packages run
configure release OFF
build release allocviz alloctrace
exec "$root/build/release/viz/allocviz" "$@"

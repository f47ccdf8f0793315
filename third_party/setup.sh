# shellcheck shell=bash
# What run.sh and test.sh share: packages, configuring, building. Sourced, not run; `root` is the project's folder.
# Every stage prints one line when it starts and nothing more unless it fails; what it printed stands in build/logs.

logs=$root/build/logs

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# stage NAME COMMAND...: runs quietly; on failure shows the end of what was printed and ends the script.
stage() {
  local log=$logs/$1.log; shift
  mkdir -p "$logs"
  "$@" >"$log" 2>&1 </dev/null && return
  printf '\n' >&2
  tail -n "${stage_tail:-40}" "$log" >&2
  fail "That failed. All of it: $log"
}

# missing_packages KIND...: the packages of third_party/packages.txt of these kinds that are not installed here.
missing_packages() {
  local kinds=" $* " wanted=() name kind rest
  while read -r name kind rest; do
    case $name in '' | '#'*) continue ;; esac
    case $kinds in *" $kind "*) wanted+=("$name") ;; esac
  done <"$root/third_party/packages.txt"
  local installed
  installed=" $(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null |
    sed -n 's/^\([^ :]*\)\(:[^ ]*\)\{0,1\} installed$/\1/p' | tr '\n' ' ')"
  for name in "${wanted[@]}"; do
    case $installed in *" $name "*) ;; *) printf '%s ' "$name" ;; esac
  done
}

apt() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  # The lock of an upgrade that runs in the background of a fresh machine is waited for.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# install_packages KIND...: leaves `installed_now` empty when there was nothing to do.
install_packages() {
  installed_now=
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null; then
      fail "There is no apt here, and cmake (3.25 or later) or ninja is missing: install both with this system's own packages."
    fi
    return  # CMake names whatever else is missing, and what it is called elsewhere.
  fi
  local missing
  read -r -a missing <<<"$(missing_packages "$@")"
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      fail "Missing here, and there is neither root nor sudo to install it. Ask for: apt-get install ${missing[*]}"
    # Asked for a password in view, not behind a log.
    say "Installing ${#missing[@]} packages needs root: ${missing[*]}"
    sudo -v || fail "Without root: ask an administrator for: apt-get install ${missing[*]}"
  fi
  say "Installing ${#missing[@]} packages …"
  stage apt-update apt update
  stage apt-install apt install --no-install-recommends "${missing[@]}"
  installed_now=yes
}

# configure PRESET TESTS [PARTS_TESTS]: only where it must be. Ninja runs CMake again by itself when a CMake file changed.
configure() {
  local dir=$root/build/$1 home="" fresh=() parts=${3:-$2}
  if [ -f "$dir/CMakeCache.txt" ]; then
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$dir/CMakeCache.txt")
    [ "$home" = "$root" ] || fresh=(--fresh)  # the folder was moved or copied
  fi
  if [ -f "$dir/build.ninja" ] && [ "$home" = "$root" ] && [ -z "$installed_now" ] &&
    ! [ "$root/CMakePresets.json" -nt "$dir/build.ninja" ]; then
    if [ "$2" = OFF ]; then return; fi
    if grep -q '^ALLOCVIZ_TESTS:BOOL=ON$' "$dir/CMakeCache.txt" &&
      grep -q "^ALLOCVIZ_PARTS_TESTS:BOOL=$parts\$" "$dir/CMakeCache.txt"; then return; fi
  fi
  say "Configuring ($1) …"
  stage "configure-$1" cmake -S "$root" --preset "$1" "${fresh[@]}" "-DALLOCVIZ_TESTS=$2" "-DALLOCVIZ_PARTS_TESTS=$parts"
}

# build PRESET [TARGET...]: says so only when there is something to build; on a terminal, how far it is.
build() {
  local preset=$1; shift
  local log=$logs/build-$preset.log
  mkdir -p "$logs"
  if ! "${gently[@]}" "${steady[@]}" ninja -C "$root/build/$preset" "$@" 2>&1 </dev/null | tee "$log" | show_building "$preset"; then
    grep -m 1 -A "${stage_tail:-40}" -E '^FAILED|rror:' "$log" >&2 || tail -n "${stage_tail:-40}" "$log" >&2
    fail "That failed. All of it: $log"
  fi
}
steady=()  # a command to put before those that may run what was built
gently=()  # and one before those that build

show_building() {
  local line said="" step
  while IFS= read -r line; do
    case $line in
      *Re-checking* | *Re-running*) ;;
      '['*/*']'*)
        step=${line%%']'*}
        if [ -t 1 ]; then
          printf '\rBuilding (%s) … %s ' "$1" "${step#'['}"
        elif [ -z "$said" ]; then
          say "Building ($1) …"
        fi
        said=yes
        ;;
    esac
  done
  if [ -n "$said" ] && [ -t 1 ]; then printf '\n'; fi
}

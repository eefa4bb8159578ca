#!/bin/sh
# Makes sure that what a make target needs is there.
#
# usage: tools/deps.sh run|test|lint|valgrind
#
# Each need is a check and the Debian package that answers it. On Debian and
# Ubuntu what is missing is installed, through sudo unless we are root;
# elsewhere the packages are named and the script fails.
set -eu

header() { # header NAME...: whether the C compiler finds them
    for name; do echo "#include <$name>"; done |
        cc -I/usr/include/lua5.4 -E - >/dev/null 2>&1
}

shared() { # shared NAME: whether the dynamic linker knows the library
    for ldconfig in ldconfig /sbin/ldconfig; do
        "$ldconfig" -p 2>/dev/null | grep -q "$1" && return
    done
    return 1
}

have() { command -v "$1" >/dev/null 2>&1; }
lua_module() { lua5.4 -e "require '$1'" >/dev/null 2>&1; }

missing=
need() { # need PACKAGES CHECK...
    packages=$1
    shift
    "$@" || missing="$missing $packages"
}

needs_run() {
    need "gcc libc6-dev" header stdio.h
    need lua5.4 have lua5.4
    need liblua5.4-dev header lua.h
    need libopenblas-dev header cblas.h
    need zlib1g-dev header zlib.h
    need libreadline8 shared libreadline.so.8
    need lua-luv lua_module luv
}

needs_test() {
    needs_run
    need lua-busted lua_module busted.runner
    need tmux have tmux
}

needs_lint() {
    needs_run
    need clang-format have clang-format
    need lua-check have luacheck
}

needs_valgrind() {
    needs_test
    need valgrind have valgrind
}

is_debian() {
    have apt-get && grep -Eqs '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        echo "perigee: needs root or sudo to install:$missing" >&2
        exit 1
    fi
}

"needs_$1"
[ -z "$missing" ] && exit 0

if ! is_debian; then
    echo "perigee: missing, by the names of Debian's packages:$missing" >&2
    exit 1
fi

echo "perigee: installing$missing" >&2
as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086 # a list of packages, split on purpose
as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null

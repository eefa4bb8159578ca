#!/bin/sh
# Makes sure that what a make target needs is there.
#
# usage: tools/deps.sh build|run|test|clang|kills|browser|differential|csv|sklearn|torch|lint|valgrind|mpi|mpis|hosts|slurm
#        tools/deps.sh check
#
# check installs nothing: it looks for what build would, with $CC, $CFLAGS and
# $LUA_CFLAGS, and fails where some of it is missing.
# Each need is a check and the Debian package that answers it; a want is a need
# that the target can do without. On Debian and Ubuntu what is missing is
# installed, through sudo unless we are root; elsewhere the packages are named,
# and the script fails where one is needed.
set -eu

preprocess="cc -I/usr/include/lua5.4 -E -"
[ "$1" != check ] || preprocess="${CC:-cc} ${CFLAGS-} ${LUA_CFLAGS-} -E -"

header() { # header NAME...: whether the C compiler finds them
    for name; do echo "#include <$name>"; done | $preprocess >/dev/null 2>&1
}

# Other BLAS libraries have a cblas.h, too, and the same linker name.
openblas() {
    echo "#include <cblas.h>" | $preprocess 2>/dev/null |
        grep -q openblas_set_num_threads
}

shared() { # shared NAME: whether the dynamic linker knows the library
    for ldconfig in ldconfig /sbin/ldconfig; do
        "$ldconfig" -p 2>/dev/null | grep -q "$1" && return
    done
    return 1
}

have() { command -v "$1" >/dev/null 2>&1; }
lua_module() { lua5.4 -e "require '$1'" >/dev/null 2>&1; }

needed=
wanted=
need() { # need PACKAGES CHECK...
    packages=$1
    shift
    "$@" || needed="$needed $packages"
}
want() { # want PACKAGES CHECK...
    packages=$1
    shift
    "$@" || wanted="$wanted $packages"
}

needs_build() {
    need "gcc libc6-dev" header stdio.h
    need liblua5.4-dev header lua.h
    need libopenblas-dev openblas
    need zlib1g-dev header zlib.h
}

needs_run() {
    needs_build
    need lua5.4 have lua5.4
    need libreadline8 shared libreadline.so.8
    need lua-luv lua_module luv
    need lua-cjson lua_module cjson
    need lua-argparse lua_module argparse
    want "curl ca-certificates" have curl
    want gnuplot-nox have gnuplot
    want libpng16-16 shared libpng16.so.16
}

needs_test() {
    needs_run
    need lua-busted lua_module busted.runner
    need tmux have tmux
    want parallel have parallel
    want locales test -d /usr/share/i18n/locales
}

sanitizers() { # sanitizers COMPILER: whether it has what their programs link
    echo "int main(void) { return 0; }" |
        "$1" -fsanitize=address,undefined -x c -o /dev/null - >/dev/null 2>&1
}

needs_clang() {
    needs_test
    need "clang libclang-rt-dev" sanitizers clang
}

needs_kills() {
    needs_run
    want strace have strace
}

needs_mpi() {
    needs_run
    need "libopenmpi-dev openmpi-bin" have mpicc
}

# Both, side by side: mpicc.openmpi and mpicc.mpich.
needs_mpis() {
    needs_test
    need "libopenmpi-dev openmpi-bin" have mpicc.openmpi
    want "libmpich-dev mpich" have mpicc.mpich
}

needs_hosts() {
    needs_mpis
    need iproute2 have ip
    need iputils-ping have ping
    need util-linux have unshare
    need openssh-client have ssh
    need openssh-server test -x /usr/sbin/sshd
}

needs_slurm() {
    needs_mpis
    need slurm-wlm have slurmctld
    need munge have munged
}

needs_browser() {
    needs_run
    need chromium have chromium
}

needs_differential() {
    needs_run
    need python3-numpy /usr/bin/python3 -c "import numpy"
}

needs_csv() {
    needs_run
    need python3 test -x /usr/bin/python3
    want locales test -d /usr/share/i18n/locales
    want python3-pandas /usr/bin/python3 -c "import pandas"
}

needs_sklearn() {
    needs_test
    want python3-sklearn /usr/bin/python3 -c "import sklearn"
}

needs_torch() {
    needs_run
    need python3-torch /usr/bin/python3 -c "import torch"
    need python3-numpy /usr/bin/python3 -c "import numpy"
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
    else
        have sudo && sudo "$@"
    fi
}

# apt-get waits for another one; what an interrupted one left is put in order.
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"; }
update() { as_root dpkg --configure -a && apt update; }

install() { # install PACKAGE...
    is_debian || return 1
    as_root true || {
        echo "perigee: only root, or a user with sudo, can install $*" >&2
        return 1
    }
    echo "perigee: installing $*" >&2
    "${updated:-update}" && updated=true &&
        apt install --no-install-recommends --fix-broken "$@" >/dev/null
}

if [ "$1" = check ]; then
    needs_build
    [ -z "$needed" ] || {
        echo "perigee: missing, by the names of Debian's packages:$needed" >&2
        echo "perigee: \`make deps\` installs them" >&2
        exit 1
    }
    exit
fi

"needs_$1"
# shellcheck disable=SC2086 # lists of packages, split on purpose
{
    [ -z "$needed" ] || install $needed || {
        echo "perigee: missing, by the names of Debian's packages:$needed" >&2
        exit 1
    }
    [ -z "$wanted" ] || install $wanted ||
        echo "perigee: going on without, by the names of Debian's packages:$wanted" >&2
}

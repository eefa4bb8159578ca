#!/bin/sh
# The README's two commands in a bare Debian 12, from a clone of this commit: as
# root and as a user with sudo, with a server that has MNIST and without one.
#
# usage: tests/fresh.sh [CASE...]      as root; a CASE is root or user, and
#                                      online or offline, as in user-offline
#
# Needs debootstrap, and Debian's packages from where this machine has its own.
# The server is on loopback, and has $PERIGEE_DATA's mnist.npz, or drawn digits in
# its place. Prints the time and download size of each case. What it makes is in
# one temporary folder and its own namespaces, and is gone when it ends.
set -eu
cd "$(dirname "$0")/.."

SUITE=bookworm
SECONDS_SERVED=3600
CASES=${*:-root-online root-offline user-online user-offline}

fail() {
    echo "fresh.sh: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || fail "must be root"
command -v debootstrap >/dev/null || fail "needs debootstrap"

# --- what the cases share ----------------------------------------------------

work=$(mktemp -d)
server=
clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# shellcheck disable=SC2016 # apt-get expands it
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $SUITE" |
    head -n 1)
[ -n "$mirror" ] || fail "this machine has no package source of $SUITE"

served() { # the file that the server has
    if [ -f "${PERIGEE_DATA:-}/mnist.npz" ]; then
        echo "$PERIGEE_DATA/mnist.npz"
    else
        XDG_CACHE_HOME=$work/cache build/perigee -e \
            'print(assert(require("perigee").dataset("digits")):path())'
    fi
}

make -s all
served=$(served)
sha256=$(sha256sum <"$served" | cut -d ' ' -f 1)
lua5.4 tests/server.lua "$served" $SECONDS_SERVED >"$work/port" &
server=$!

echo "fresh.sh: a bare $SUITE from $mirror"
debootstrap --variant=minbase --include=make,git,sudo "$SUITE" "$work/base" "$mirror" \
    >"$work/debootstrap.log" || { tail "$work/debootstrap.log" && fail "debootstrap failed"; }
chroot "$work/base" apt-get clean
apt-config dump | grep -E '^Acquire::[a-z]+::Proxy' >"$work/base/etc/apt/apt.conf.d/99proxy" || true
git clone -q . "$work/base/perigee"
chroot "$work/base" useradd --create-home user
echo 'user ALL=(ALL) NOPASSWD: ALL' >"$work/base/etc/sudoers.d/user"

# --- a case ------------------------------------------------------------------

# inside ROOT COMMAND...: in the root, with processes and mounts that end with it.
inside() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --pid --fork --kill-child sh -c '
        mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" || exit
        root=$1; shift
        exec chroot "$root" "$@"' - "$@"
}

run_case() { # run_case root|user online|offline
    root=$work/case
    cp -a "$work/base" "$root"
    home=/root
    [ "$1" = root ] || home=/home/user
    mv "$root/perigee" "$root$home/perigee"
    inside "$root" chown -R "$1:$1" "$home/perigee"
    url=http://127.0.0.1:1/
    [ "$2" = offline ] || url=http://127.0.0.1:$(cat "$work/port")/good

    began=$(date +%s)
    for command in "make run" "make test SPECS=--output=TAP"; do
        inside "$root" su - "$1" -c "cd perigee && env PERIGEE_MNIST_URL=$url \
            PERIGEE_MNIST_SHA256=$sha256 $command" >>"$work/log" 2>&1 ||
            { cat "$work/log" && fail "$1, $2: $command failed"; }
    done
    took=$(($(date +%s) - began))

    cat "$work/log"
    grep -q '# 1000 iter' "$work/log" || fail "$1, $2: no answers"
    [ -s "$root$home/perigee/runs/iteration_sweep/report.html" ] || fail "$1, $2: no report"
    data=mnist
    [ "$2" = online ] || data=digits
    [ -n "$(find "$root$home/.cache/perigee" -name "$data*.npz")" ] ||
        fail "$1, $2: the data are not $data"
    packages=$(du -cm "$root"/var/cache/apt/archives/*.deb | tail -n 1 | cut -f 1)
    echo "== $1, $2: ${took} s, ${packages} MB of packages," \
        "$(grep -c '^ok ' "$work/log") specs passed" | tee -a "$work/summary"
    rm -rf "$root" "$work/log"
}

for case in $CASES; do
    case $case in
    root-online | root-offline | user-online | user-offline) ;;
    *) fail "there is no case '$case'" ;;
    esac
    echo "== $case"
    run_case "${case%-*}" "${case#*-}"
done
cat "$work/summary"

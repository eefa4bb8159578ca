#!/bin/sh
# Puts what was built where an installed program and a stock Lua find it, or
# takes all of it away.
#
# usage: tools/install.sh install|uninstall PREFIX PROGRAM MODULE MPI_MODULE
set -eu

prefix=$2
program=$3
module=$4
mpi_module=$5 # there if `make mpi` has built it

MPI_TARGET=lib/lua/5.4/perigee_mpi.so

files() { # what goes where, below the prefix: MODE SOURCE TARGET
    echo "755 $program bin/perigee"
    echo "644 $module lib/lua/5.4/perigee.so"
    [ ! -e "$mpi_module" ] || echo "644 $mpi_module $MPI_TARGET"
    find lua/perigee -name '*.lua' | while read -r file; do
        echo "644 $file share/lua/5.4/${file#lua/}"
    done
    echo "644 lua/meta/perigee.lua share/perigee/meta/perigee.lua"
    echo "644 docs/perigee.1 share/man/man1/perigee.1"
}

# Folders that nobody else may need, the deepest first.
FOLDERS="share/lua/5.4 share/lua lib/lua/5.4 lib/lua share/perigee/meta share/perigee share/man/man1"

# A file has another name until it is whole, so that an interrupted installation
# leaves the one before it.
put() { # put MODE SOURCE TARGET
    target=$prefix/$3
    mkdir -p "${target%/*}"
    install -m "$1" "$2" "$target.part"
    mv -f "$target.part" "$target"
}

case $1 in
install)
    rm -f "$prefix/$MPI_TARGET" # another version's would not fit this one's
    files | while read -r mode source target; do put "$mode" "$source" "$target"; done
    ;;
uninstall)
    files | while read -r _ _ target; do rm -f "$prefix/$target" "$prefix/$target.part"; done
    rm -f "$prefix/$MPI_TARGET" "$prefix/$MPI_TARGET.part"
    # The library's folder is removed whole: another version's files are in it, too.
    rm -rf "$prefix/share/lua/5.4/perigee"
    for folder in $FOLDERS; do
        [ ! -d "$prefix/$folder" ] || rmdir --ignore-fail-on-non-empty "$prefix/$folder"
    done
    ;;
esac

#!/bin/sh
# Dependencies point down: examples > lua > src/bind > src/core. Fails, and
# names the lines, where one points up. tools/structure.lua finds cycles.
set -eu

failed=0
forbid() { # forbid WHY PATTERN PATH...
    why=$1 pattern=$2
    shift 2
    if grep -nE "$pattern" "$@"; then
        echo "layering: $why" >&2
        failed=1
    fi
}

forbid "the core must not know Lua" \
    '^[[:space:]]*#[[:space:]]*include.*(lua|lauxlib|lualib)\.h' src/core/*/*
forbid "the core must not know what is above it" \
    '^[[:space:]]*#[[:space:]]*include.*(bind|host|mpi)/' src/core/*/*
forbid "MPI is linked by the module of src/mpi alone" \
    '^[[:space:]]*#[[:space:]]*include.*(<mpi\.h>|"mpi/)' src/core/*/* src/bind/*.[ch] \
    src/bind/*/* src/host/*
if grep -nE '^[[:space:]]*#[[:space:]]*include "(bind|core|host)/' src/mpi/* |
    grep -vE '"(core/comm|bind/train)/communicator\.h"'; then
    echo "layering: src/mpi links neither the core nor the bindings, and takes the headers of \
communicators alone" >&2
    failed=1
fi
forbid "the core must not print, exit or jump" \
    '(^|[^a-zA-Z_])(v?f?printf|f?puts|f?putc|putchar|perror|exit|quick_exit|abort|(sig)?longjmp)[[:space:]]*\(' \
    src/core/*/*
forbid "only base/process.c may end an exit that has begun" \
    '(^|[^a-zA-Z_])(_exit|_Exit)[[:space:]]*\(' \
    $(ls src/core/*/* | grep -v '^src/core/base/process\.c$')
forbid "the bindings must not know the host" \
    '^[[:space:]]*#[[:space:]]*include.*host/' src/bind/*.[ch] src/bind/*/*
forbid "lauxlib's checks name a function as its caller does, or '?': l_integer_check \
and the like (bind/base/arguments.h) know its own name" \
    'luaL_(arg|typeerror|opt|check(any|int|lstr|num|opt|str|type|udata))' src/bind/*.c src/bind/*/*.c
# The headers that need no object file: status.h for its version.
if grep -nE '^[[:space:]]*#[[:space:]]*include.*(bind|core)/' src/host/* |
    grep -vE '"core/base/(status|descriptors|printable)\.h"'; then
    echo "layering: the host finds the module as any Lua does, and must not know the core but for \
status.h, descriptors.h and printable.h" >&2
    failed=1
fi
forbid "the library must not need the examples" \
    'require.*examples' $(find lua/perigee -name '*.lua')
forbid "an example uses the library, not the core" \
    'require.*perigee\.core' examples/*.lua

# The floors of the core, from the ground: a folder includes itself and those before it.
floors="base decimal array kernels comm ops statistics neural images io formats rows train"
below=
for floor in $floors; do
    below="$below $floor"
    for other in $floors; do
        case " $below " in *" $other "*) continue ;; esac
        forbid "src/core/$floor must not need src/core/$other, which stands above it" \
            "^[[:space:]]*#[[:space:]]*include \"$other/" src/core/"$floor"/*
    done
done

# The floors of the bindings; module.c and what stands beside it come last.
floors="base array ops io train"
below=
for floor in $floors; do
    below="$below $floor"
    for other in $floors; do
        case " $below " in *" $other "*) continue ;; esac
        forbid "src/bind/$floor must not need src/bind/$other, which stands above it" \
            "^[[:space:]]*#[[:space:]]*include \"bind/$other/" src/bind/"$floor"/*
    done
    forbid "src/bind/$floor must not need what stands beside module.c" \
        '^[[:space:]]*#[[:space:]]*include "bind/[^/]*"' src/bind/"$floor"/*
done

# Process-wide state: what is neither constant nor thread-local is in the .bss or .data section.
# Only these objects may have any; each guards its own.
owners="base/memory base/memory_pool base/threads base/thread_pool base/blas base/process \
kernels/dispatch"
objects=${BUILD:-build}/obj/core
for source in src/core/*/*.c; do
    name=${source#src/core/}
    name=${name%.c}
    case " $owners " in *" $name "*) continue ;; esac
    found=
    for object in "$objects/$name.o" "$objects/$name"-*.o; do # kernels/elementwise-avx2.o
        [ -e "$object" ] || continue
        found=1
        if objdump -t "$object" |
            grep -E ' \.(bss|data)(\.rel(\.local)?|\.local)?[[:space:]]' | grep -E ' O '; then
            echo "layering: process-wide state in $object, which is not among its owners" >&2
            failed=1
        fi
    done
    if [ -z "$found" ]; then
        echo "layering: $source has no object file in $objects: build it first" >&2
        failed=1
    fi
done

"${LUA:-lua5.4}" tools/structure.lua || failed=1

exit $failed

#!/bin/sh
# Two hosts on this machine, and mpirun over ssh between them: trainings must end
# in the weights of one process, to the bit, and a study in its results.csv.
#
# usage: tests/hosts.sh openmpi|mpich [MILLISECONDS...]   as root; the delays of the
#                                      cable, each way; 0 and 1 by default
#
# A host is a network namespace with a name, an address and an sshd of its own.
# Both have a veth to a third namespace, where tests/delay.c is the cable between
# them; tc's netem isn't in every kernel. Counters of the veth prove that gradients
# went through it. The hosts share files and cores with this machine.
#
# BUILD, build by default, has delay and, for each MPI, openmpi/perigee with its
# module; DATA is digits or mnist. What is made is in one temporary folder and its
# own namespaces, and is gone when the script ends.
#
# MPICH before 4.2 with UCX may hang in MPI_Finalize over TCP, in any program (its
# pull request 6596): then the script fails when the mpirun's time is over.
set -eu
cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin
BUILD=${BUILD:-build}
DATA=${DATA:-digits}
MPI=${1:-openmpi}
MPIRUN=mpirun.$MPI
PROGRAM=$BUILD/$MPI/perigee
[ $# -eq 0 ] || shift
DELAYS=${*:-0 1}
LEFT=10.0.0.1
RIGHT=10.0.0.2
SECONDS_AT_MOST=300 # for one mpirun

fail() {
    echo "hosts.sh: $*" >&2
    exit 1
}

case $MPI in
openmpi | mpich) ;;
*) fail "the MPI must be openmpi or mpich, not '$MPI'" ;;
esac
[ "$(id -u)" -eq 0 ] || fail "must be root: network namespaces need it"
for command in ip unshare chrt ping ssh ssh-keygen sshd "$MPIRUN"; do
    command -v "$command" >/dev/null || fail "needs $command (\`make deps-hosts\`)"
done
for file in "$PROGRAM" "$BUILD/$MPI/perigee_mpi.so" "$BUILD/delay"; do
    [ -e "$file" ] || fail "needs $file (\`make mpi-builds $BUILD/delay\`)"
done

# --- hosts -------------------------------------------------------------------

work=$(mktemp -d)
space=perigee-$$
clean_up() {
    trap '' INT TERM HUP
    for name in cable left right; do
        ip netns pids "$space-$name" 2>/dev/null | xargs -r kill -9 || true
        ip netns del "$space-$name" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# on HOST COMMAND...: in the host's network, under its name, as MPI takes processes
# of one name for neighbours, and with memory files of its own. sshd needs its
# folder in /run; the shell that it starts would run root's .bashrc. `ip netns exec`
# has made a namespace for mounts.
on() {
    host=$1
    shift
    # shellcheck disable=SC2016 # expanded by the inner shell
    ip netns exec "$space-$host" unshare --uts sh -c '
        hostname "$1" && mount -t tmpfs shm /dev/shm && mount -t tmpfs run /run &&
            mkdir -m 755 /run/sshd &&
            { [ ! -f ~/.bashrc ] || mount --bind /dev/null ~/.bashrc; } &&
            shift && exec "$@"' - "perigee-$host" "$@"
}

add_host() { # add_host NAME ADDRESS
    ip netns add "$space-$1"
    ip link add name "$1" netns "$space-cable" type veth peer name cable netns "$space-$1"
    ip -n "$space-cable" link set dev "$1" up
    ip -n "$space-$1" link set dev lo up
    ip -n "$space-$1" link set dev cable up
    ip -n "$space-$1" address add "$2/24" dev cable
    on "$1" "$(command -v sshd)" -D -e -f "$work/sshd_config" 2>"$work/sshd-$1.log" &
}

# sshd refuses a root whose password is locked, as Ubuntu's is, but through PAM,
# which in turn fails in some containers.
pam=no
case $(getent shadow root) in
root:!*) pam=yes ;;
esac
ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/user"
echo "$LEFT,$RIGHT $(cat "$work/host.pub")" >"$work/known_hosts"
cat >"$work/sshd_config" <<END
HostKey $work/host
AuthorizedKeysFile $work/user.pub
PermitRootLogin yes
PasswordAuthentication no
StrictModes no
PidFile none
UsePAM $pam
END
cat >"$work/ssh" <<END
#!/bin/sh
exec ssh -F none -i $work/user -o IdentitiesOnly=yes -o BatchMode=yes \\
    -o UserKnownHostsFile=$work/known_hosts "\$@"
END
chmod +x "$work/ssh"

ip netns add "$space-cable"
add_host left $LEFT
add_host right $RIGHT

# succeeds COMMAND...: whether it does within 5 s.
succeeds() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ! "$@" >/dev/null 2>"$work/log" || return 0
        sleep 0.5
    done
    cat "$work/log" >&2
    return 1
}

# connect MILLISECONDS: a cable of this delay, in place of the last one. It waits
# for no core, as a cable doesn't.
cable=
connect() {
    if [ -n "$cable" ]; then
        kill "$cable"
        wait "$cable" 2>/dev/null || true
    fi
    ip netns exec "$space-cable" chrt --fifo 10 "$BUILD/delay" left right "$1" &
    cable=$!
    succeeds on left ping -c 1 -W 1 $RIGHT || fail "no way from $LEFT to $RIGHT"
}

round_trip() { # the mean, in milliseconds
    on left ping -q -c 20 -i 0.02 $RIGHT | sed -n 's|^rtt [^=]*= [^/]*/\([^/]*\)/.*|\1|p'
}

sent() { # sent HOST: bytes that its veth has sent
    on "$1" cat /sys/class/net/cable/statistics/tx_bytes
}

# --- mpirun ------------------------------------------------------------------

# ssh starts a rank without this shell's variables. MPICH's mpirun sends them all,
# Open MPI's those that -x names; with another OPENBLAS_CORETYPE a rank would have
# other bits.
export PERIGEE_THREADS=1
exported=$(env | sed -n 's/^\(PERIGEE_[A-Z_]*\)=.*/-x \1/p; s/^\(OPENBLAS_[A-Z0-9_]*\)=.*/-x \1/p')

# mpi RANKS ARGUMENTS...: the program, with so many ranks on each host. --bind-to
# none: each host has rank 0 on the first core, which here is the same one. Ranks
# that wait give their core to others: there are more than cores. UCX, below
# MPICH, would find the memory that the hosts share.
case $MPI in
openmpi)
    mpi() {
        ranks=$1
        shift
        printf '%s\n' "$LEFT slots=$ranks" "$RIGHT slots=$ranks" >"$work/hostfile"
        # shellcheck disable=SC2086 # a list of options
        on left timeout --foreground $SECONDS_AT_MOST \
            "$MPIRUN" --allow-run-as-root --hostfile "$work/hostfile" -n $((2 * ranks)) \
            --bind-to none --mca mpi_yield_when_idle 1 --mca plm_rsh_agent "$work/ssh" \
            --mca orte_tmpdir_base "$work" \
            --mca oob_tcp_if_include cable --mca btl_tcp_if_include cable \
            $exported "$PROGRAM" "$@"
    }
    ;;
mpich)
    mpi() {
        ranks=$1
        shift
        printf '%s\n' "$LEFT:$ranks" "$RIGHT:$ranks" >"$work/hostfile"
        on left timeout --foreground $SECONDS_AT_MOST \
            "$MPIRUN" -launcher ssh -launcher-exec "$work/ssh" -f "$work/hostfile" \
            -n $((2 * ranks)) -iface cable \
            env UCX_TLS=tcp,self UCX_NET_DEVICES=cable "$PROGRAM" "$@"
    }
    ;;
esac

succeeds_by_ssh() { # prints sshd's side where it doesn't
    succeeds on left "$work/ssh" "$1" true || {
        cat "$work"/sshd-*.log >&2
        fail "no ssh from $LEFT to $1"
    }
}

# --- what they run -----------------------------------------------------------

value() { # value NAME FILE: of a line that tests/hosts.lua has printed
    sed -n "s/^$1	//p" "$2"
}

# train NAME RANKS ARGUMENTS...: must end in the weights of $work/NAME.alone, with
# their gradients on the cable in both directions.
train() {
    name=$1 ranks=$2
    shift 2
    left=$(sent left) right=$(sent right)
    mpi "$ranks" tests/hosts.lua mpi=true "data=$DATA" "$@" >"$work/$name" ||
        { cat "$work/$name" && fail "$name, $ranks ranks a host: mpirun failed"; }
    left=$(($(sent left) - left)) right=$(($(sent right) - right))

    [ "$(value hosts "$work/$name" | tr ' ' '\n' | sort | uniq -c | tr -s ' \n' ' ')" = \
        " $ranks perigee-left $ranks perigee-right " ] ||
        fail "$name: ranks ran on $(value hosts "$work/$name")"
    [ "$(value weights "$work/$name")" = "$(value weights "$work/$name.alone")" ] ||
        fail "$name, $ranks ranks a host: other weights than those of one process"
    least=$(value gradients "$work/$name")
    { [ "$left" -ge "$least" ] && [ "$right" -ge "$least" ]; } ||
        fail "$name: $left and $right bytes sent, less than the gradients' $least"
    echo "   $name, 2 x $ranks ranks: $(value milliseconds "$work/$name") ms an update," \
        "$(((left + right) / 1000000)) MB sent; weights of one process"
}

# study RANKS: must end in the files of one process, with trials of each host.
study() {
    rm -rf "$work/runs"
    # shellcheck disable=SC2086 # a list of arguments
    mpi "$1" examples/hidden_grid.lua "data=$DATA" $STUDY --runs "$work/runs" --quiet \
        >"$work/log" 2>&1 || { cat "$work/log" && fail "study, $1 ranks a host: mpirun failed"; }
    for file in results.csv curves.csv; do
        cmp "$work/alone/hidden_grid/$file" "$work/runs/hidden_grid/$file" ||
            fail "study, $1 ranks a host: another $file than that of one process"
    done
    for host in left right; do
        [ -n "$(find "$work/runs/hidden_grid/journal" -name "*-perigee-$host-*")" ] ||
            fail "study, $1 ranks a host: no trial ran on perigee-$host"
    done
    echo "   study, 2 x $1 ranks: results.csv of one process"
}

FULL="hidden=100 iterations=20"
BATCHES="hidden=100 iterations=200 batch=1024"
STUDY="hidden=4,8 rate=0.5 repeats=4 iterations=20"

echo "== one process"
for name in full batches; do
    arguments=$FULL
    [ $name = full ] || arguments=$BATCHES
    # shellcheck disable=SC2086 # a list of arguments
    "$PROGRAM" tests/hosts.lua "data=$DATA" $arguments \
        >"$work/$name.alone"
    echo "   $name: $(value milliseconds "$work/$name.alone") ms an update"
done
# shellcheck disable=SC2086 # a list of arguments
"$PROGRAM" examples/hidden_grid.lua "data=$DATA" $STUDY --runs "$work/alone" --quiet \
    >/dev/null

for delay in $DELAYS; do
    connect "$delay"
    succeeds_by_ssh $LEFT
    succeeds_by_ssh $RIGHT
    echo "== $delay ms each way: round trip $(round_trip) ms"
    for ranks in 1 2; do
        # shellcheck disable=SC2086 # a list of arguments
        train full $ranks $FULL
        # shellcheck disable=SC2086 # a list of arguments
        train batches $ranks $BATCHES
    done
    study 1
    study 2
done

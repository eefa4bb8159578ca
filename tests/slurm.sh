#!/bin/sh
# The sbatch scripts of examples/slurm, run by a Slurm of one node that this script starts.
#
# usage: tests/slurm.sh [MPI...]      as root; an MPI is openmpi or mpich, both unless named
#
# Needs what `make slurm` installs and builds. The Slurm has ports, a key and folders of its own
# beside one that the machine may have, and 4 CPUs on any machine. What it makes is in one temporary
# folder, and is gone when it ends.
set -eu
cd "$(dirname "$0")/.."

LIMIT=300 # seconds that a job may take

fail() {
    echo "slurm.sh: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || fail "must be root"
for command in munged slurmctld slurmd sbatch; do
    command -v "$command" >/dev/null || fail "needs $command, of the packages slurm-wlm and munge"
done
MPIS=${*:-openmpi mpich}
for mpi in $MPIS; do
    case $mpi in openmpi | mpich) ;; *) fail "there is no MPI '$mpi'" ;; esac
    [ -e "build/$mpi/perigee_mpi.so" ] || fail "needs build/$mpi, which \`make mpi-builds\` makes"
done

# The document quotes the script for a training.
while IFS= read -r line; do
    [ -z "$line" ] || grep -Fqx -e "$line" docs/cluster.md || fail "docs/cluster.md lacks: $line"
done <examples/slurm/training.sbatch

# --- a Slurm of one node -----------------------------------------------------

root=$PWD
work=$(mktemp -d)
daemons=
is_up=
export SLURM_CONF="$work/slurm.conf"

end_jobs() {
    timeout 10 scancel --quiet --user=root
    await 15 is_idle
}

clean_up() {
    status=$?
    trap '' INT TERM HUP
    [ -z "$is_up" ] || end_jobs 2>/dev/null || true
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$daemons" ] || kill $daemons 2>/dev/null || true
    wait
    [ "$status" -eq 0 ] || tail -n 20 "$work"/log/* 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

start() { # start NAME COMMAND...: a daemon, whose output goes to a file of log/
    name=$1
    shift
    setsid "$@" >"$work/log/$name" 2>&1 &
    daemons="$daemons $!"
}

await() { # await SECONDS COMMAND...: until the command succeeds
    limit=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$limit" ] || return 1
        sleep 0.2
    done
}

is_idle() { sinfo --noheader --format=%T | grep -q '^idle$'; }

mkdir "$work/log" "$work/munge" "$work/state" "$work/spool"
port=$((20000 + $$ % 10000 * 2))
host=$(hostname -s)
cat >"$SLURM_CONF" <<END
ClusterName=perigee
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ReturnToService=2
KillWait=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=8192
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END

dd if=/dev/urandom of="$work/munge/key" bs=64 count=1 2>/dev/null
chmod 400 "$work/munge/key"
start munged munged --foreground --force --key-file="$work/munge/key" \
    --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
    --log-file="$work/munge/log" --seed-file="$work/munge/seed"
await 10 test -S "$work/munge/socket" || fail "munged does not start"
start slurmctld slurmctld -D -f "$SLURM_CONF"
start slurmd slurmd -D -f "$SLURM_CONF" -N "$host"
await 30 is_idle || fail "the node is not idle: $(sinfo --noheader 2>&1)"
is_up=true
echo "slurm.sh: $(sinfo --version) on $(nproc) CPUs"

# --- jobs --------------------------------------------------------------------

state() { # state JOB
    scontrol show job "$1" | sed -n 's/^ *JobState=\([A-Z_]*\).*/\1/p'
}

has_ended() { # has_ended JOB
    case $(state "$1") in
    PENDING | RUNNING | COMPLETING | CONFIGURING | REQUEUED | SUSPENDED) return 1 ;;
    esac
}

is_pending() { [ "$(state "$1")" = PENDING ]; } # is_pending JOB

# submit ARGUMENT...: sbatch's id of the job, from the folder of the MPI that is tested, where
# build and examples are as in the project.
submit() {
    (cd "$folder" && sbatch --parsable "$@")
}

finish() { # finish JOB STATE NAME: waits for the job's end in the state
    await "$LIMIT" has_ended "$1" || fail "$3: $(state "$1") after $LIMIT s"
    [ "$(state "$1")" = "$2" ] || {
        cat "$folder"/*-"$1".log
        fail "$3: the job is $(state "$1"), not $2"
    }
}

same() { # same FILE FILE NAME
    cmp "$1" "$2" || fail "$3: the files are not the same"
    echo "slurm.sh: $3: the same bytes"
}

# requeue JOB COMMAND...: stops the job when the command succeeds, and has it start again. Slurm
# waits for two minutes unless told otherwise: slurmd refuses a job for the second in which it has
# revoked the job's credential.
requeue() {
    job=$1
    shift
    await "$LIMIT" "$@" || fail "job $job has not begun: $(state "$job")"
    [ "$(state "$job")" = RUNNING ] || fail "job $job is over before it was put back"
    scontrol requeue "$job"
    await 60 is_pending "$job" || fail "job $job was not put back: $(state "$job")"
    sleep 5
    scontrol update "jobid=$job" StartTime=now
}

# --- what one process does ---------------------------------------------------

TRAINING="data=digits hidden=20"
STUDY="data=digits hidden=4,8 rate=0.1,0.5 iterations=60 repeats=3 --quiet"

# shellcheck disable=SC2086 # lists of arguments
{
    export PERIGEE_THREADS=2
    build/perigee examples/resume.lua $TRAINING iterations=60 "file=$work/short.npz"
    build/perigee examples/resume.lua $TRAINING iterations=400 "file=$work/long.npz"
    build/perigee examples/hidden_grid.lua $STUDY --runs "$work/runs"
} >"$work/alone" 2>&1 || { cat "$work/alone" && fail "one process failed"; }
unset PERIGEE_THREADS
results=$work/runs/hidden_grid/results.csv

# --- the scripts -------------------------------------------------------------

# shellcheck disable=SC2016 # expanded by the scripts
cpus='"$SLURM_CPUS_PER_TASK"'

# folder_of NAME BUILD [LAUNCH]: a folder from which they start the build's ranks, by another line
# than theirs where one is given.
folder_of() {
    folder=$work/$1
    mkdir -p "$folder/examples/slurm"
    ln -s "$root/examples"/*.lua "$folder/examples"
    ln -s "$root/$2" "$folder/build"
    for script in examples/slurm/*.sbatch; do
        sed "s/srun --mpi=pmix --cpus-per-task=$cpus/${3:-&}/" "$script" >"$folder/$script"
        [ -z "${3-}" ] || ! cmp -s "$script" "$folder/$script" || fail "$script has another srun"
    done
}

# logged JOB TEXT: what the job has printed, once, on rank 0
logged() {
    [ "$(cat "$folder"/*-"$1".log | grep -c "$2")" -eq 1 ] || {
        cat "$folder"/*-"$1".log
        fail "job $1 has not printed '$2' once"
    }
}

# shellcheck disable=SC2086 # a list of arguments
test_training() { # test_training NAME RANKS THREADS
    name="$1: training by $2 ranks x $3 threads"
    job=$(submit --ntasks="$2" --cpus-per-task="$3" examples/slurm/training.sbatch \
        $TRAINING iterations=60 "file=$2x$3.npz")
    finish "$job" COMPLETED "$name"
    logged "$job" "rank 0 of $2 "
    same "$work/short.npz" "$folder/$2x$3.npz" "$name"
}

# shellcheck disable=SC2086
test_study() { # test_study NAME RANKS
    job=$(submit --ntasks="$2" examples/slurm/study.sbatch $STUDY --runs study)
    finish "$job" COMPLETED "$1: study by $2 ranks"
    [ "$(find "$folder/study/hidden_grid/journal" -type f | wc -l)" -gt 1 ] ||
        fail "$1: one rank has done all trials"
    same "$results" "$folder/study/hidden_grid/results.csv" "$1: study by $2 ranks"
}

# shellcheck disable=SC2086
test_requeue() { # test_requeue NAME
    job=$(submit --ntasks=2 --cpus-per-task=1 examples/slurm/training.sbatch \
        $TRAINING iterations=400 file=requeued.npz)
    requeue "$job" test -e "$folder/requeued.npz"
    finish "$job" COMPLETED "$1: training that is put back"
    logged "$job" "JOB $job ON .* DUE TO JOB REQUEUE"
    logged "$job" "rank 0 of 2 "
    same "$work/long.npz" "$folder/requeued.npz" "$1: training that is put back"

    job=$(submit --ntasks=2 examples/slurm/study.sbatch $STUDY --runs requeued)
    requeue "$job" grep -rqs accuracy "$folder/requeued/hidden_grid/journal"
    finish "$job" COMPLETED "$1: study that is put back"
    logged "$job" "JOB $job ON .* DUE TO JOB REQUEUE"
    same "$results" "$folder/requeued/hidden_grid/results.csv" "$1: study that is put back"
}

# test_refusal LAUNCH TEXT: ranks that do not find each other end, and one says why
test_refusal() {
    job=$(submit --ntasks=2 --output=%x-%j.log \
        --wrap="$1 build/perigee examples/hidden_grid.lua data=digits")
    finish "$job" FAILED "$1"
    logged "$job" "$2"
    [ ! -e "$folder/runs" ] || fail "$1 has begun a study"
    echo "slurm.sh: $1 without what it needs: refused"
}

# As root, mpirun of Open MPI asks whether that is meant.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

test_openmpi() {
    folder_of openmpi build/openmpi
    for size in "1 2" "2 1" "2 2" "4 1"; do
        # shellcheck disable=SC2086 # two numbers
        test_training "Open MPI, srun" $size
    done
    test_study "Open MPI, srun" 4
    test_requeue "Open MPI, srun"
    test_refusal mpirun.mpich "mpirun of MPICH has started 2 processes"
    test_refusal "srun --mpi=pmi2" "srun has started 2 processes without PMIx"
    test_refusal "srun --mpi=none" "srun has started 2 processes without PMIx"

    folder_of openmpi-mpirun build/openmpi "mpirun.openmpi --map-by slot:PE=$cpus"
    test_training "Open MPI, mpirun" 2 1
    test_study "Open MPI, mpirun" 2
}

test_mpich() {
    folder_of mpich build/mpich "srun --mpi=pmi2 --cpus-per-task=$cpus"
    test_training "MPICH, srun" 2 2
    test_training "MPICH, srun" 4 1
    test_study "MPICH, srun" 4
    test_requeue "MPICH, srun"
    test_refusal mpirun.openmpi "mpirun of Open MPI has started 2 processes"
    test_refusal "srun --mpi=none" "srun has started 2 processes"

    folder_of mpich-mpirun build/mpich mpirun.mpich
    test_training "MPICH, mpirun" 2 1
    test_study "MPICH, mpirun" 2
}

test_no_mpi() {
    folder_of none lua
    rm "$folder/build"
    mkdir "$folder/build"
    cp build/perigee build/perigee.so "$folder/build"
    ln -s "$root/lua" "$folder/lua"
    test_refusal "srun --mpi=none" "srun has started 2 processes"
    test_refusal "srun --mpi=pmix" "srun has started 2 processes"
}

for mpi in $MPIS; do
    "test_$mpi"
done
test_no_mpi

#!/bin/sh
# Makes sure that there are data, and prints which: mnist, fetched into the
# user's cache where it is nowhere, or digits where it cannot be fetched.
#
# usage: tools/data.sh PERIGEE
#
# PERIGEE_MNIST_URL and PERIGEE_MNIST_SHA256 name another place to fetch from.
set -eu
umask 022

perigee=$1
url=${PERIGEE_MNIST_URL:-https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz}
sha256=${PERIGEE_MNIST_SHA256:-731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1}

# dataset EXPRESSION: prints what it gives; d is the module that knows the places.
dataset() {
    "$perigee" -e "local d = require 'perigee.data.dataset'; print($1 or '')"
}

fall_back() { # fall_back REASON...
    echo "not to be had ($*); using digits that Perigee draws itself" >&2
    echo digits
    exit
}

has_mnist() { [ -n "$(dataset 'd.find "mnist"')" ]; }

! has_mnist || { echo mnist; exit; }
printf 'perigee: fetching MNIST, 11 MB: ' >&2
cache=$(dataset 'd.cache()')
[ -n "$cache" ] || fall_back "there is no folder for it: HOME is not set"

part=$cache/mnist.npz.part
trap 'rm -f "$part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# One at a time. The lock goes with this process, however it ends; what is left
# of a download then is removed, for its curl may still be writing to it. Where
# folders cannot be locked, the checksum finds what two have mixed.
reason=$(mkdir -p "$cache" 2>&1) || fall_back "$reason"
exec 9<"$cache"
flock -w 600 9 2>/dev/null || true
! has_mnist || { echo mnist; exit; }
rm -f "$part"

reason=$(curl --silent --show-error --fail --location --connect-timeout 15 \
    --speed-limit 1000 --speed-time 20 --max-time 600 \
    --output "$part" "$url" 2>&1 9<&-) ||
    fall_back "$reason"
found=$(sha256sum <"$part" | cut -d ' ' -f 1)
[ "$found" = "$sha256" ] ||
    fall_back "$url: SHA-256 is $found, expected $sha256"
reason=$(sync "$part" 2>&1 && mv "$part" "$cache/mnist.npz" 2>&1) || fall_back "$reason"
echo "$cache/mnist.npz" >&2
echo mnist

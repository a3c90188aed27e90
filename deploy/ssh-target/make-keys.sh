#!/bin/sh
# Makes the host key of the target and the key of the worker where they are missing, and lets each know the other.
# make-keys [DIRECTORY [NAME PORT]]: DIRECTORY/target is the target's, DIRECTORY/worker the worker's.
set -eu
umask 077
keys=${1:-/keys}
name=${2:-ssh-target}
port=${3:-2222}
[ -e "$keys/target/host_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$keys/target/host_ed25519"
[ -e "$keys/worker/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C waybill -f "$keys/worker/id_ed25519"
cp "$keys/worker/id_ed25519.pub" "$keys/target/authorized_keys"
printf '[%s]:%s %s\n' "$name" "$port" "$(cat "$keys/target/host_ed25519.pub")" > "$keys/worker/known_hosts"

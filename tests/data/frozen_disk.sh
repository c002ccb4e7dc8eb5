#!/bin/sh
# Makes a file system below the directory $1, freezes it, says so, and takes it all away
# again when standard input ends.
set -e
mkdir "$1" "$1/mounted"
# Lazily: whoever waits in there may take a moment to leave.
trap 'umount -l "$1/mounted" 2>/dev/null || :; rm -rf "$1"' EXIT
# Ctrl-C is for the test, whose end ends the input.
trap '' INT QUIT TERM HUP
truncate -s 4M "$1/disk"
mkfs.ext4 -q -F "$1/disk"
mount -o loop "$1/disk" "$1/mounted"
fsfreeze -f "$1/mounted"
echo frozen
cat >/dev/null || :
fsfreeze -u "$1/mounted"

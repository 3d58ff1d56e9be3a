#!/bin/sh
# The version of the library that is there, where it can be compiled, as its header has it: 0xAABBCCDD for AA.BB.CC.
set -eu
command -v g++ >&2
pkg-config --exists jansson libcrypto
test -e /usr/include/Poco/JWT/Signer.h
number=$(sed -n 's/^#define POCO_VERSION 0x\([0-9A-Fa-f]\{8\}\).*/\1/p' /usr/include/Poco/Version.h)
printf '%d.%d.%d\n' "0x$(echo "$number" | cut -c 1-2)" "0x$(echo "$number" | cut -c 3-4)" "0x$(echo "$number" | cut -c 5-6)"

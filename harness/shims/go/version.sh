#!/bin/sh
# The version of a Go library that comes as a Debian package, without Debian's own part, for the probe in a target.toml: such a library
# is source text that tells no version. Fails where it or Go is missing.
command -v go >/dev/null || exit 1
version=$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null) || exit 1
version=${version%-*}
echo "${version%%[+~]*}"

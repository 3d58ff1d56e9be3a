#!/bin/sh
# Builds the shim of this folder into the folder $1, from the sources that Debian packages bring: no module, no network. With a package
# as $2 main.version is that package's version.
set -e
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS=
here=$(dirname "$0")
exec go build -trimpath -tags netgo,osusergo ${2:+-ldflags "-X main.version=$("$here/version.sh" "$2")"} -o "$1/shim" .

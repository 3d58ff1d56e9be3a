#!/bin/sh
# The version of the library that is there, where it can be compiled. It tells its own to CMake alone.
set -eu
command -v g++ >&2
pkg-config --exists jansson libcrypto
exec sed -n 's/^set(PACKAGE_VERSION "\([0-9.]*\)")$/\1/p' /usr/share/cmake/cpp-jwt/cpp-jwtConfigVersion.cmake

#!/bin/sh
# build.sh <program> <version> <argument…>: compiles the shim in the current folder, shim.c or shim.cpp, with the shared assay.c. The
# version becomes the macro VERSION; further arguments go to the linker, those of pkg-config's packages as `pkg:<package>`.
set -eu
program=$1 version=$2
shift 2
flags=$(pkg-config --cflags jansson) libraries=
for argument in "$@"; do
    case $argument in
        pkg:*) flags="$flags $(pkg-config --cflags "${argument#pkg:}")" libraries="$libraries $(pkg-config --libs "${argument#pkg:}")" ;;
        *) libraries="$libraries $argument" ;;
    esac
done
here=$(dirname "$0")
# shellcheck disable=SC2086 # Flags are several words.
{
    gcc -std=gnu11 -O2 -Wall -Wextra -Werror -c -I "$here" $flags -o "$program.assay.o" "$here/assay.c"
    if [ -e shim.cpp ]; then
        g++ -std=c++17 -O2 -Wall -Wextra -I "$here" $flags -DVERSION="\"$version\"" -o "$program" shim.cpp "$program.assay.o" $libraries \
            $(pkg-config --libs jansson)
    else
        gcc -std=gnu11 -O2 -Wall -Wextra -Werror -I "$here" $flags -DVERSION="\"$version\"" -o "$program" shim.c "$program.assay.o" \
            $libraries $(pkg-config --libs jansson)
    fi
}
rm "$program.assay.o"

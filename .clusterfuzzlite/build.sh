#!/bin/bash -eu
# ClusterFuzzLite looks for a script here; the image holds the one that OSS-Fuzz uses.
exec "$SRC/assay/fuzz/oss-fuzz/build.sh"

"""The Implementation-Version of a jar, for the probe in a target.toml."""

import sys
import zipfile

for line in zipfile.ZipFile(sys.argv[1]).read("META-INF/MANIFEST.MF").decode().splitlines():
    name, _, value = line.partition(": ")
    if name == "Implementation-Version":
        print(value)

#!/usr/bin/env python3
"""Installs shims: runs the `install` commands of each target.toml in the shim's folder. One line a shim is printed.

    install.py [name…|all]

What is installed goes to ${ASSAY_CACHE:-$HOME/.cache/assay}/shims/<name>, which is what `{cache}` stands for; nothing is written
beside the shim. A shim whose locked versions are installed already is left alone, and one whose tools are missing is skipped.
A library that comes with the system is asked for its version by `probe`: where it does not answer the shim is skipped too, with the
Debian packages (`debian`) that bring it, and another version than last time is another installation.
Exits 1 where an installation failed, 2 for a name that there is no shim of.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

SHIMS = Path(__file__).resolve().parent
STAMP = ".assay-installed"


def cache(name):
    root = os.environ.get("ASSAY_CACHE") or Path.home() / ".cache" / "assay"
    return Path(root).absolute() / "shims" / name


def targets():
    """Folder and target.toml of every shim, by name."""
    found = {}
    for file in sorted(SHIMS.glob("*/target.toml")):
        target = tomllib.loads(file.read_text())
        if target["name"] in found:
            raise SystemExit(f"two shims are called {target['name']}")
        found[target["name"]] = (file.parent, target)
    return found


def substitute(command, name):
    return [word.replace("{cache}", str(cache(name))) for word in command]


def probe(folder, target):
    """The version of a library that comes with the system; nothing where the system has none, or where it is locked here."""
    if "probe" not in target:
        return None
    try:
        done = subprocess.run(target["probe"], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def stamp(folder, target):
    """What decides whether an installation is still the right one."""
    files = [folder / name for name in ("target.toml", "requirements.txt", "package.json", "package-lock.json")]
    # What is compiled.
    for place in (folder, SHIMS / target["language"]):
        files += sorted([*place.glob("*.go"), *place.glob("*.java")])
    parts = [file.read_bytes() for file in files if file.exists()]
    if "probe" in target:
        parts.append((probe(folder, target) or "none").encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed(name, folder, target):
    file = cache(name) / STAMP
    return file.exists() and file.read_text() == stamp(folder, target)


def install(name, folder, target):
    """What happened, and whether it is well."""
    if installed(name, folder, target):
        return "there already", True
    # A program in {cache} is made by an earlier command.
    programs = {command[0] for command in [*target["install"], target["command"]] if "{cache}" not in command[0]}
    missing = sorted(program for program in programs if shutil.which(program) is None)
    if not missing and "probe" in target and probe(folder, target) is None:
        missing = [target["library"]]
    if missing:
        advice = f": apt-get install {' '.join(target['debian'])}" if "debian" in target else ""
        return f"skipped: this machine has no {' and no '.join(missing)}{advice}", True
    place = cache(name)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for command in target["install"]:
        done = subprocess.run(substitute(command, name), cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
            return f"FAILED: {' '.join(command)}: exit code {done.returncode}: {said}", False
    (place / STAMP).write_text(stamp(folder, target))
    return "installed", True


def main(names):
    known = targets()
    unknown = [name for name in names if name != "all" and name not in known]
    if unknown:
        print(f"no such shim: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    if not names:
        print(__doc__.strip())
        print(f"\nThere are: {', '.join(known)}")
        return 0
    well = True
    for name in known if "all" in names else names:
        said, good = install(name, *known[name])
        print(f"{name}: {said}", flush=True)
        well &= good
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Bottle: `request.cookies` of a WSGI environment."""

import sys
from pathlib import Path

import bottle

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import environ, serve


def header(lines):
    return bottle.BaseRequest(environ(lines[0])).cookies.allitems()


serve(
    name="bottle",
    version=bottle.__version__,
    homepage="https://bottlepy.org",
    issues="https://github.com/bottlepy/bottle/issues",
    header=header,
    documented=[(bottle.HTTPError, "malformed")],
)

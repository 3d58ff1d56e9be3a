"""Bottle: `request.cookies` of a WSGI environment, with what Bottle decodes where a handler asks for a cookie."""

import sys
from pathlib import Path

import bottle

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import environ, serve


def header(lines):
    request = bottle.BaseRequest(environ(lines[0]))
    return [(name, request.get_cookie(name)) for name in request.cookies]


serve(
    name="bottle",
    version=bottle.__version__,
    homepage="https://bottlepy.org",
    issues="https://github.com/bottlepy/bottle/issues",
    header=header,
    documented=[(bottle.HTTPError, "malformed")],
)

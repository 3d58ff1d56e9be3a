"""Falcon through WSGI: `Request.cookies`, with every value of a name that `get_cookie_values` gives."""

import sys
from importlib.metadata import version
from pathlib import Path

import falcon

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import environ, serve


def header(lines):
    request = falcon.Request(environ(lines[0]))
    return [(name, value) for name in request.cookies for value in request.get_cookie_values(name)]


serve(
    name="falcon",
    version=version("falcon"),
    homepage="https://falconframework.org",
    issues="https://github.com/falconry/falcon/issues",
    header=header,
    documented=[(falcon.HTTPError, "malformed")],
)

"""WebOb (Pyramid's requests): `Request.cookies` of a WSGI environment."""

import sys
from importlib.metadata import version
from pathlib import Path

from webob import Request
from webob.exc import HTTPException

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import environ, serve


def header(lines):
    return Request(environ(lines[0])).cookies.items()


serve(
    name="webob",
    version=version("WebOb"),
    homepage="https://webob.org",
    issues="https://github.com/Pylons/webob/issues",
    header=header,
    documented=[(HTTPException, "malformed")],
)

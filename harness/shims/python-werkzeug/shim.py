"""Werkzeug: `Request.cookies` of a WSGI environment, with every value of a name that is there more than once."""

import sys
from importlib.metadata import version
from pathlib import Path

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import environ, serve


def header(lines):
    return Request(environ(lines[0])).cookies.items(multi=True)


serve(
    name="werkzeug",
    version=version("Werkzeug"),
    homepage="https://werkzeug.palletsprojects.com",
    issues="https://github.com/pallets/werkzeug/issues",
    header=header,
    documented=[(HTTPException, "malformed")],
)

"""Sanic: `request.cookies`, with every value that `getlist` gives for a name.

The fields are decoded as Sanic's HTTP/1 reader decodes them (UTF-8 with surrogate escapes) and handed to its Request. `getlist`
is what an application calls, so a name is answered with the cookie of that name behind a `__Host-` or `__Secure-` prefix where
Sanic does so.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from sanic import Sanic
from sanic.compat import Header
from sanic.exceptions import BadRequest
from sanic.request import Request

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Reject, serve

APP = Sanic("assay")

# Its default for the head of a request.
LONGEST = 8192


def field(line):
    """As Sanic's own server hands it on: it lets control octets through, and ends a field at CRLF alone."""
    if b"\r\n" in line:
        raise Reject("malformed", "Sanic's reader ends the field here")
    if len(line) > LONGEST:
        raise Reject("malformed", "Sanic's reader answers with 413")
    return line.strip(b" \t")


def header(lines):
    fields = Header([("cookie", field(line).decode("utf-8", "surrogateescape")) for line in lines])
    cookies = Request(b"/", fields, "1.1", "GET", None, APP).cookies
    return [(name, value) for name in cookies for value in cookies.getlist(name)]


serve(
    name="sanic",
    version=version("sanic"),
    homepage="https://sanic.dev",
    issues="https://github.com/sanic-org/sanic/issues",
    header=header,
    lines=True,
    documented=[(BadRequest, "malformed")],
)

"""Tornado: `HTTPServerRequest.cookies`; its own HTTPHeaders reads the fields, as its server has it do.

The server's limit on the size of all headers (64 KiB) is not in the way here.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from tornado.httputil import HTTPHeaders, HTTPInputError, HTTPServerRequest, RequestStartLine
from tornado.web import HTTPError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import field, serve


def header(lines):
    # http1connection gives HTTPHeaders the octets as Latin-1.
    text = "".join(f"Cookie: {field(line).decode('latin-1')}\r\n" for line in lines)
    headers = HTTPHeaders.parse("Host: localhost\r\n" + text)
    request = HTTPServerRequest(headers=headers, start_line=RequestStartLine("GET", "/", "HTTP/1.1"))
    return [(name, morsel.value) for name, morsel in request.cookies.items()]


serve(
    name="tornado",
    version=version("tornado"),
    homepage="https://www.tornadoweb.org",
    issues="https://github.com/tornadoweb/tornado/issues",
    header=header,
    lines=True,
    documented=[(HTTPInputError, "malformed"), (HTTPError, "malformed")],
)

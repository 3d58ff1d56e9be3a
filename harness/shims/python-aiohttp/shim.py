"""aiohttp's server: `request.cookies` of a request that aiohttp's own parser read from octets.

The parser is the one of its server with the server's limits, so a field that is refused here is answered with 400 there.
"""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from unittest import mock

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpProcessingError, HttpRequestParser
from aiohttp.web import Request

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Reject, field, serve

LOOP = asyncio.new_event_loop()
PROTOCOL = BaseProtocol(LOOP)
# What a request needs of its connection; cookies need none of it.
CONNECTION = mock.Mock()


def header(lines):
    fields = b"".join(b"Cookie: " + field(line) + b"\r\n" for line in lines)
    parser = HttpRequestParser(PROTOCOL, LOOP, 1 << 16)
    messages, _, _ = parser.feed_data(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n")
    if not messages:
        raise Reject("malformed", "aiohttp's parser gives no request")
    message, payload = messages[0]
    return Request(message, payload, CONNECTION, CONNECTION, CONNECTION, LOOP).cookies.items()


serve(
    name="aiohttp",
    version=version("aiohttp"),
    homepage="https://docs.aiohttp.org",
    issues="https://github.com/aio-libs/aiohttp/issues",
    header=header,
    lines=True,
    documented=[(HttpProcessingError, "malformed")],
)

"""http.cookies of Python's standard library: SimpleCookie reads the header.

It has no HTTP layer, so every octet is shown to it, as Latin-1, which is how CGI and WSGI programs have the field.
"""

import platform
import sys
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import serve


def header(lines):
    cookies = SimpleCookie()
    cookies.load(lines[0].decode("latin-1"))
    return [(name, morsel.value) for name, morsel in cookies.items()]


serve(
    name="http-cookies",
    version=platform.python_version(),
    homepage="https://docs.python.org/3/library/http.cookies.html",
    issues="https://github.com/python/cpython/issues",
    header=header,
    documented=[(CookieError, "malformed")],
)

"""http.cookies of Python's standard library: SimpleCookie reads the header.

The field is Latin-1 text, and without control octets, which is how programs behind a WSGI server have it. What it costs to read
an escape depends on the version of Python, which is the version told here.
"""

import platform
import sys
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import field, serve


def header(lines):
    cookies = SimpleCookie()
    cookies.load(field(lines[0]).decode("latin-1"))
    return [(name, morsel.value) for name, morsel in cookies.items()]


serve(
    name="http-cookies",
    version=platform.python_version(),
    homepage="https://docs.python.org/3/library/http.cookies.html",
    issues="https://github.com/python/cpython/issues",
    header=header,
    documented=[(CookieError, "malformed")],
)

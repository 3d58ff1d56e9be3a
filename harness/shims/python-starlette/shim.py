"""Starlette: `Request.cookies` of an ASGI scope; Starlette itself reads several Cookie fields."""

import sys
from importlib.metadata import version
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import scope, serve


def header(lines):
    return Request(scope(lines)).cookies.items()


serve(
    name="starlette",
    version=version("starlette"),
    homepage="https://www.starlette.io",
    issues="https://github.com/Kludex/starlette/issues",
    header=header,
    lines=True,
    documented=[(HTTPException, "malformed")],
)

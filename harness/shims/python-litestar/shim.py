"""Litestar: `Request.cookies` of an ASGI scope; of several Cookie fields it is Litestar that chooses."""

import sys
from importlib.metadata import version
from pathlib import Path

from litestar import Litestar, Request
from litestar.exceptions import HTTPException

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import scope, serve

APP = Litestar()


def header(lines):
    return Request({**scope(lines), "app": APP, "litestar_app": APP}).cookies.items()


serve(
    name="litestar",
    version=version("litestar"),
    homepage="https://litestar.dev",
    issues="https://github.com/litestar-org/litestar/issues",
    header=header,
    lines=True,
    documented=[(HTTPException, "malformed")],
)

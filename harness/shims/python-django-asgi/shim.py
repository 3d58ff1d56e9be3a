"""Django through ASGI: `request.COOKIES` of a scope, in which Django itself joins several Cookie fields."""

import io
import sys
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

settings.configure(SECRET_KEY="not used", USE_I18N=False)

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import scope, serve


def header(lines):
    return ASGIRequest(scope(lines), io.BytesIO()).COOKIES.items()


serve(
    name="django-asgi",
    version=version("Django"),
    homepage="https://www.djangoproject.com",
    issues="https://code.djangoproject.com",
    header=header,
    lines=True,
    documented=[(SuspiciousOperation, "malformed"), (BadRequest, "malformed")],
)

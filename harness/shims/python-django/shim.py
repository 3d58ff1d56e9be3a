"""Django through WSGI: `request.COOKIES`, and django.core.signing's TimestampSigner on what stands there.

signing.py reads the clock as `time.time()`; the shim gives that module a clock of its own, so that `now` is obeyed.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings

settings.configure(SECRET_KEY="not used: every signer is given its keys", USE_I18N=False)

from django.core import signing
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Reject, Sample, Scheme, environ, serve


def header(lines):
    return WSGIRequest(environ(lines[0])).COOKIES.items()


def signer(secrets, purpose):
    return signing.TimestampSigner(key=secrets[0], fallback_keys=secrets[1:], salt=purpose)


def at(now):
    signing.time = SimpleNamespace(time=lambda: now)


def unsign(lines, cookie):
    value = WSGIRequest(environ(lines[0])).COOKIES.get(cookie.name)
    if value is None:
        raise Reject("other", "no such cookie")
    at(cookie.time())
    return signer(cookie.secrets, cookie.purpose).unsign(value, max_age=cookie.max_age)


def made(now):
    new, old = b"the newer of two secrets", b"the older of two secrets"
    at(now - 60)
    yield Sample(signer([new], "a salt").sign("31d4"), "31d4", [new, old], purpose="a salt", max_age=120)
    yield Sample(signer([old], None).sign("31d4"), "31d4", [new, old])


serve(
    name="django",
    version=version("Django"),
    homepage="https://www.djangoproject.com",
    issues="https://code.djangoproject.com",
    header=header,
    schemes={"django-signed": Scheme(unsign, made, max_age=True, rotation=True, clock=True, purpose=True)},
    documented=[
        (signing.SignatureExpired, "expired"),
        (signing.BadSignature, "signature"),
        (SuspiciousOperation, "malformed"),
        (BadRequest, "malformed"),
    ],
)

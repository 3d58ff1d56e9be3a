"""itsdangerous: URLSafeSerializer and URLSafeTimedSerializer, with their defaults.

It reads no header: the cookie is found by splitting on "; " and the first "=". The signer's clock is its documented
`get_timestamp`, replaced here so that `now` is obeyed.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from itsdangerous import (
    BadData,
    BadPayload,
    SignatureExpired,
    TimestampSigner,
    URLSafeSerializer,
    URLSafeTimedSerializer,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Sample, Scheme, as_json, plain_value, serve


def serializer(kind, secrets, purpose):
    # itsdangerous wants the newest secret last.
    salt = {} if purpose is None else {"salt": purpose}
    return kind(secrets[::-1], **salt)


def at(now):
    TimestampSigner.get_timestamp = lambda self: int(now)


def load(lines, cookie):
    value = plain_value(lines[0], cookie.name)
    return as_json(serializer(URLSafeSerializer, cookie.secrets, cookie.purpose).loads(value))


def load_timed(lines, cookie):
    value = plain_value(lines[0], cookie.name)
    at(cookie.time())
    return as_json(serializer(URLSafeTimedSerializer, cookie.secrets, cookie.purpose).loads(value, max_age=cookie.max_age))


NEW, OLD = b"the newer of two secrets", b"the older of two secrets"


def made(now):
    for secret, purpose in ((NEW, "a salt"), (OLD, None)):
        value = serializer(URLSafeSerializer, [secret], purpose).dumps({"user": 7})
        yield Sample(value, {"user": 7}, [NEW, OLD], purpose=purpose, json=True)


def made_timed(now):
    at(now - 60)
    for secret, purpose in ((NEW, "a salt"), (OLD, None)):
        value = serializer(URLSafeTimedSerializer, [secret], purpose).dumps({"user": 7})
        yield Sample(value, {"user": 7}, [NEW, OLD], purpose=purpose, max_age=120, json=True)


serve(
    name="itsdangerous",
    version=version("itsdangerous"),
    homepage="https://itsdangerous.palletsprojects.com",
    issues="https://github.com/pallets/itsdangerous/issues",
    schemes={
        "itsdangerous": Scheme(load, made, rotation=True, purpose=True),
        "itsdangerous-timed": Scheme(load_timed, made_timed, max_age=True, rotation=True, clock=True, purpose=True),
    },
    documented=[(SignatureExpired, "expired"), (BadPayload, "malformed"), (BadData, "signature")],
)

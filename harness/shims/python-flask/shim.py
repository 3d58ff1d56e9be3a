"""Flask: the session that its session interface opens from a request.

Flask answers a cookie that does not verify with an empty session, so an empty session is a refusal here, and a genuine cookie
with nothing in it cannot be told from one. `max_age` is permanent_session_lifetime, which is 31 days where nothing says
otherwise. The clock is itsdangerous' documented `get_timestamp`. What the session holds is written as Flask writes it, with
its tags. Flask's reading of the header is Werkzeug's and is shown to that shim.
"""

import sys
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from flask import Flask
from itsdangerous import TimestampSigner
from werkzeug.exceptions import HTTPException

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Reject, Sample, Scheme, environ, serve

APP = Flask("assay", static_folder=None)
LIFETIME = APP.permanent_session_lifetime


def configure(name, secrets, max_age):
    APP.config["SESSION_COOKIE_NAME"] = name
    APP.config["SECRET_KEY"] = secrets[0]
    APP.config["SECRET_KEY_FALLBACKS"] = secrets[1:]
    APP.config["PERMANENT_SESSION_LIFETIME"] = LIFETIME if max_age is None else timedelta(seconds=max_age)


def at(now):
    TimestampSigner.get_timestamp = lambda self: int(now)


def open_session(lines, cookie):
    configure(cookie.name, cookie.secrets, cookie.max_age)
    at(cookie.time())
    session = APP.session_interface.open_session(APP, APP.request_class(environ(lines[0])))
    if not session:
        raise Reject("other", "the session is empty")
    return APP.session_interface.serializer.dumps(dict(session))


def made(now):
    new, old = b"the newer of two secrets", b"the older of two secrets"
    at(now - 60)
    for secret, max_age in ((new, 120), (old, None)):
        configure("sid", [secret], max_age)
        value = APP.session_interface.get_signing_serializer(APP).dumps({"user": 7})
        yield Sample(value, {"user": 7}, [new, old], max_age=max_age, json=True)


serve(
    name="flask",
    version=version("Flask"),
    homepage="https://flask.palletsprojects.com",
    issues="https://github.com/pallets/flask/issues",
    schemes={"flask-session": Scheme(open_session, made, max_age=True, rotation=True, clock=True)},
    documented=[(HTTPException, "malformed")],
)

"""The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Python libraries that read or protect cookies.

`serve` takes the library's identity, how it reads a header and how it opens each scheme; it reads requests from stdin until
they end and writes an answer for each. With `--sample` as an argument it prints cookies that the library itself made instead,
for check.py. Only the standard library is used, and nothing here knows a library.
"""

import base64
import json
import os
import sys
import time
import traceback

PROTOCOL = 1
LONGEST_DETAIL = 4000
SLOW = 0.01


class Reject(Exception):
    """What a shim raises where the library says no without an exception."""

    def __init__(self, reason, detail=""):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Scheme:
    """A protection: `open(lines, cookie)` gives the payload, `made(at)` gives `Sample`s by the library itself.

    The flags say which members of the policy the library obeys.
    """

    def __init__(self, open, made=None, *, max_age=False, rotation=False, clock=False, purpose=False):
        self.open = open
        self.made = made
        self.max_age = max_age
        self.rotation = rotation
        self.clock = clock
        self.purpose = purpose


class Cookie:
    """The policy's cookie: what the application reads, and how it is protected."""

    def __init__(self, policy):
        cookie = policy["cookie"]
        self.name = cookie.get("name", "")
        self.scheme = cookie.get("scheme")
        self.secrets = [base64.b64decode(secret) for secret in cookie.get("secrets", [])]
        self.purpose = cookie.get("purpose")
        self.max_age = cookie.get("max_age")
        self.now = policy.get("now")

    def time(self):
        return time.time() if self.now is None else self.now


class Sample:
    """A cookie that the library made, and what its payload is: octets, or a JSON value."""

    def __init__(self, value, payload, secrets, *, purpose=None, max_age=None, json=False):
        self.value = value.encode("latin-1") if isinstance(value, str) else value
        self.payload = payload
        self.secrets = secrets
        self.purpose = purpose
        self.max_age = max_age
        self.json = json

    def line(self, scheme, now):
        cookie = {"name": "sid", "scheme": scheme, "secrets": [_base64(secret) for secret in self.secrets]}
        if self.purpose is not None:
            cookie["purpose"] = self.purpose
        if self.max_age is not None:
            cookie["max_age"] = self.max_age
        payload = json.dumps(self.payload) if self.json else self.payload
        return {
            "value": _base64(self.value),
            "policy": {"now": now, "cookie": cookie},
            "payload": _base64(octets(payload)),
            "json": self.json,
        }


def serve(*, name, version, homepage, issues, header=None, schemes=None, lines=False, documented=()):
    """Serves stdin until it ends or says stop.

    `header(lines)` gives (name, value) pairs; `lines` are the octets of the Cookie fields, of which there is one unless `lines`
    says that the library joins several itself. `documented` is a list of (exception, reason): those are refusals, any other is
    a fault.
    """
    schemes = schemes or {}
    if "--sample" in sys.argv[1:]:
        now = int(time.time())
        for scheme, how in schemes.items():
            for sample in how.made(now) if how.made else ():
                print(json.dumps(sample.line(scheme, now)))
        return
    supports = [*(["cookie"] if header else []), *schemes]
    supports += ["cookie-lines"] if lines else []
    for flag in ("rotation", "max_age", "clock"):
        if any(getattr(scheme, flag) for scheme in schemes.values()):
            supports.append(flag.replace("_", "-"))
    target = {"name": name, "version": version, "language": "python", "homepage": homepage, "issues": issues}
    shim = _Shim(target, supports, header, schemes, lines, documented)

    # What a library prints must not be read as an answer.
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    sys.stdout = sys.stderr
    for line in _lines(out.flush):
        started = time.monotonic()
        reply = shim.reply(line)
        if reply is None:
            break
        out.write(json.dumps(reply, separators=(",", ":")).encode("ascii") + b"\n")
        # An answer that took long is not kept waiting for others.
        if time.monotonic() - started > SLOW:
            out.flush()
    out.flush()


class _Shim:
    def __init__(self, target, supports, header, schemes, lines, documented):
        self.target = target
        self.supports = supports
        self.header = header
        self.schemes = schemes
        self.lines = lines
        self.documented = documented

    def reply(self, line):
        try:
            request = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            return {"error": "bad-line"}
        if not isinstance(request, dict) or not isinstance(request.get("cmd"), str):
            return {"error": "bad-line"}
        command = request["cmd"]
        if command == "stop":
            return None
        if command == "start":
            if request.get("protocol") != PROTOCOL:
                return {"error": "unknown-protocol", "supported": [PROTOCOL]}
            return {"protocol": PROTOCOL, "target": self.target, "supports": self.supports}
        if command != "verify":
            return {"error": "unknown-cmd"}
        seq, shown, policy = request.get("seq"), request.get("input"), request.get("policy")
        if type(seq) is not int or not isinstance(shown, dict) or not isinstance(policy, dict):
            return {"error": "bad-line"}
        if not isinstance(policy.get("cookie"), dict) or not isinstance(shown.get("cookie"), dict):
            return {"seq": seq, "verdict": "unsupported", "feature": "token"}
        try:
            cookie, fields = Cookie(policy), _fields(shown["cookie"])
        except (KeyError, ValueError, TypeError, AttributeError):
            return {"error": "bad-line"}
        if cookie.scheme is not None and not cookie.secrets:
            return {"error": "bad-line"}
        lacking = self.lacking(policy, shown["cookie"], cookie)
        if lacking:
            return {"seq": seq, "verdict": "unsupported", "feature": lacking}
        return {"seq": seq, **self.answer(fields, cookie)}

    def lacking(self, policy, shown, cookie):
        """The first thing asked for that the library does not do."""
        if "lines" in shown and not self.lines:
            return "cookie-lines"
        if policy.get("leeway"):
            return "leeway"
        if cookie.scheme is None:
            return None if self.header else "cookie"
        scheme = self.schemes.get(cookie.scheme)
        if scheme is None:
            return cookie.scheme
        if len(cookie.secrets) > 1 and not scheme.rotation:
            return "rotation"
        if cookie.max_age is not None and not scheme.max_age:
            return "max-age"
        if cookie.purpose is not None and not scheme.purpose:
            return "purpose"
        return None

    def answer(self, fields, cookie):
        try:
            if cookie.scheme is None:
                pairs = list(self.header(fields))
            else:
                pairs = [(cookie.name, self.schemes[cookie.scheme].open(fields, cookie))]
            pairs = [[_base64(octets(name)), _base64(octets(value))] for name, value in pairs]
            return {"verdict": "accept", "claims": {"pairs": pairs}}
        except Reject as error:
            return {"verdict": "reject", "reason": error.reason, "detail": _plain(error.detail)}
        # A panic of an extension in Rust is no Exception.
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            for kind, reason in self.documented:
                if isinstance(error, kind):
                    return {"verdict": "reject", "reason": reason, "detail": _plain(f"{type(error).__name__}: {error}")}
            return {"fault": _plain("".join(traceback.format_exception(error)))}


def _lines(flush):
    """Lines of stdin; flushes before it waits, so that answers leave together while requests are there."""
    held = []
    while True:
        flush()
        chunk = os.read(0, 1 << 20)
        if not chunk:
            break
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield b"".join([*held, line])
            held.clear()
        if rest:
            held.append(rest)
    if held:
        yield b"".join(held)


def _fields(shown):
    if "lines" in shown:
        return [base64.b64decode(line) for line in shown["lines"]]
    if "header_bytes" in shown:
        return [base64.b64decode(shown["header_bytes"])]
    return [shown["header"].encode("utf-8")]


def _base64(data):
    return base64.b64encode(data).decode("ascii")


def _plain(text):
    """Text that every reader of JSON takes: no lone surrogates, and of bounded length, with the end kept."""
    text = str(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= LONGEST_DETAIL else "…" + text[-LONGEST_DETAIL:]


def octets(value):
    """What the library handed on, as octets: text as UTF-8, smuggled octets as themselves, what is no text as JSON."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        value = as_json(value)
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def as_json(value):
    """JSON without spaces; escapes stand only where UTF-8 cannot."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    return text


def field(line):
    """A field's value as servers hand it on: no white space around it, and none at all with a control octet but HTAB in it.

    Those that people run in production (waitress, gunicorn, httptools) answer such a field with 400; servers for development
    let some through.
    """
    if any(octet < 0x20 and octet != 0x09 or octet == 0x7F for octet in line):
        raise Reject("malformed", "HTTP servers answer a field with a control octet with 400")
    return line.strip(b" \t")


def environ(line):
    """A WSGI environment with this Cookie field; its text is the octets read as Latin-1 (PEP 3333)."""
    import io

    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": field(line).decode("latin-1"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def scope(lines):
    """An ASGI scope with these Cookie fields, as octets."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), *((b"cookie", field(line)) for line in lines)],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


def plain_value(line, name):
    """The cookie's value by plain splitting, for libraries that read no header; text as a WSGI server gives it."""
    for pair in line.split(b"; "):
        key, equals, value = pair.partition(b"=")
        if equals and key == name.encode("utf-8"):
            return value.decode("latin-1")
    raise Reject("other", "no such cookie")

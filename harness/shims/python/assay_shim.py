"""The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Python libraries that verify tokens, or read or protect
cookies.

`serve` takes the library's identity, how it verifies a token, how it reads a header and how it opens each scheme; it reads
requests from stdin until they end and writes an answer for each. With `--sample` as an argument it prints cookies that the
library itself made instead, for check.py. Only the standard library is used, and nothing here knows a library.
"""

import base64
import datetime
import json
import math
import os
import re
import sys
import time
import traceback
import types

PROTOCOL = 1
LONGEST_DETAIL = 4000
SLOW = 0.01
POLICIES = 1024
WRAPS = frozenset(
    "dir A128KW A192KW A256KW A128GCMKW A192GCMKW A256GCMKW RSA1_5 RSA-OAEP RSA-OAEP-256 ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW "
    "ECDH-ES+A256KW PBES2-HS256+A128KW PBES2-HS384+A192KW PBES2-HS512+A256KW".split()
)
ENCRYPTS = frozenset("A128CBC-HS256 A192CBC-HS384 A256CBC-HS512 A128GCM A192GCM A256GCM".split())
# The capability that each form of a key asks for.
FORMS = {"pem": "pem", "cert_pem": "pem", "der": "pem", "jwk": "jwk", "jwk_text": "jwk", "secret": "secret"}


class Reject(Exception):
    """What a shim raises where the library says no without an exception."""

    def __init__(self, reason, detail=""):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Unsupported(Exception):
    """What a shim raises where the policy asks for what the library does not do; `feature` is the capability's name."""

    def __init__(self, feature):
        super().__init__(feature)
        self.feature = feature


class Tokens:
    """How the library verifies tokens.

    `verify(token, policy)` gives the claims; the token is text, or octets where `supports` has `bytes` and they are none.
    `supports` are algorithms and capabilities by the names of PROTOCOL.md. `clock` says that `now` is obeyed: it is the Clock
    that the library's time was replaced with, or True where `verify` gives the library `policy.now`.
    """

    def __init__(self, verify, supports, *, clock=None):
        self.verify = verify
        self.supports = [*supports, *(["clock"] if clock else [])]
        self.clock = clock if isinstance(clock, Clock) else None


def imported(make, *arguments, **named):
    """A key, where the library has it imported before any token comes: an application that cannot does not start."""
    try:
        return make(*arguments, **named)
    except ValueError as error:
        raise Reject("key", f"{type(error).__name__}: {error}") from error


def raised_in(error, package):
    """Whether the exception comes from the library's own code, and not through it from below."""
    return package in traceback.extract_tb(error.__traceback__)[-1].filename.replace("\\", "/").split("/")


class Key:
    """A key of the policy, in every form that exists; octets are decoded, and nothing is converted."""

    def __init__(self, key):
        self.kid, self.alg, self.use = key.get("kid"), key.get("alg"), key.get("use")
        self.jwk, self.jwk_text = key.get("jwk"), key.get("jwk_text")
        self.pem, self.cert_pem = key.get("pem"), key.get("cert_pem")
        self.der = _octets(key.get("der"))
        self.secret = _octets(key.get("secret"))

    def forms(self):
        return [form for form in FORMS if getattr(self, form) is not None]

    def first(self, *forms):
        """The first of these forms that there is, with its name; (None, None) where the application has no key."""
        if not self.forms():
            return None, None
        for form in forms:
            value = getattr(self, form)
            if value is not None:
                return form, value
        raise Unsupported(FORMS[self.forms()[0]])


class Policy:
    """What the relying party accepts of tokens. Lists are lists, and `leeway` is 0 where it is absent.

    The same policy comes many times, and an application has its keys ready when it starts: `once` keeps what a shim made of it.
    """

    def __init__(self, policy):
        self.algorithms = policy.get("algorithms")
        listed = self.algorithms or []
        self.wraps = [name for name in listed if name in WRAPS]
        self.encrypts = [name for name in listed if name in ENCRYPTS]
        # None where the policy says nothing of what signs.
        self.signs = [name for name in listed if name not in WRAPS and name not in ENCRYPTS]
        if not self.signs and (self.algorithms is None or listed):
            self.signs = None
        self.keys = [Key(key) for key in policy.get("keys") or []]
        self.jwks = bool(policy.get("jwks"))
        self.issuer = _list(policy.get("issuer"))
        self.audience = _list(policy.get("audience"))
        self.subject = policy.get("subject")
        self.typ = policy.get("typ")
        self.leeway = policy.get("leeway") or 0
        self.now = policy.get("now")
        self.required_claims = policy.get("required_claims") or []
        self.max_age = policy.get("max_age")
        self.critical = policy.get("critical") or []
        self.needs = list(self._needs())
        self._made = {}

    def once(self, what, make):
        """What `make()` gave the first time. Where it raises it is asked again."""
        if what not in self._made:
            self._made[what] = make()
        return self._made[what]

    def key(self):
        """The only key, which has no form at all where the application has none.

        Several outside a key set are no more than what `jwks` asks for.
        """
        if len(self.keys) > 1:
            raise Unsupported("jwks")
        return self.keys[0] if self.keys else Key({})

    def recipient(self):
        """The key that decrypts: the one that is meant for it, or the only one."""
        meant = [key for key in self.keys if key.use == "enc"]
        return meant[0] if meant else self.key()

    def signers(self):
        """The keys that verify what is inside an encrypted token."""
        return [key for key in self.keys if key.use != "enc"]

    def _needs(self):
        if self.algorithms is None:
            yield "defaults"
        if self.wraps or self.encrypts:
            yield "jwe"
        # A library that has no `none` is to say so itself.
        yield from (name for name in self.algorithms or [] if name != "none")
        asked = [
            (self.jwks, "jwks"),
            (len(self.issuer) == 1, "issuer"),
            (len(self.issuer) > 1, "issuer-list"),
            (len(self.audience) == 1, "audience"),
            (len(self.audience) > 1, "audience-list"),
            (self.subject is not None, "subject"),
            (self.typ is not None, "typ"),
            (self.leeway != 0, "leeway"),
            (self.required_claims, "required-claims"),
            (self.max_age is not None, "max-age"),
            (self.critical, "critical"),
        ]
        yield from (feature for wanted, feature in asked if wanted)
        if len(self.keys) == 1:
            features = {FORMS[form] for form in self.keys[0].forms()}
            if len(features) == 1:
                yield from features


class Clock:
    """The library's time, which a shim puts in the place of what the library reads the time with.

    It is the real one except while a request is answered that says `now`.
    """

    def __init__(self, *modules):
        """Replaces, in these modules of a library, whatever of `time` and `datetime` they have imported under any name."""
        self.now = None
        self._datetime = _stopped(self)
        for module in modules:
            for name, value in list(vars(module).items()):
                instead = self._instead(value)
                if instead is not None:
                    setattr(module, name, instead)

    def time(self):
        return time.time() if self.now is None else float(self.now)

    def _instead(self, value):
        if value is time.time:
            return self.time
        if value is datetime.datetime:
            return self._datetime
        if value is time:
            return _copy(time, time=self.time)
        if value is datetime:
            return _copy(datetime, datetime=self._datetime)
        return None


def _copy(module, **members):
    copy = types.ModuleType(module.__name__)
    vars(copy).update({**vars(module), **members})
    return copy


def _stopped(clock):
    real = datetime.datetime

    class Like(type):
        def __instancecheck__(cls, value):
            return isinstance(value, real)

    class Stopped(real, metaclass=Like):
        @classmethod
        def now(cls, tz=None):
            return real.fromtimestamp(clock.time(), tz)

        @classmethod
        def utcnow(cls):
            return real.fromtimestamp(clock.time(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.now()

    return Stopped


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


def variant():
    """The argument that a `[[variant]]` of target.toml adds to the command; "" for the shim itself."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    return words[0] if words else ""


def serve(*, name, version, homepage, issues, tokens=None, header=None, schemes=None, lines=False, documented=()):
    """Serves stdin until it ends or says stop.

    `tokens` is how the library verifies a token. `header(lines)` gives (name, value) pairs; `lines` are the octets of the Cookie
    fields, of which there is one unless `lines` says that the library joins several itself. `documented` is a list of
    (exception, reason): those are refusals, any other is a fault. A reason may be a function of the exception; where it gives
    none the exception is a fault too.
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
    supports += [word for word in (tokens.supports if tokens else ()) if word not in supports]
    target = {"name": name, "version": version, "language": "python", "homepage": homepage, "issues": issues}
    shim = _Shim(target, supports, tokens, header, schemes, lines, documented)

    # What a library prints must not be read as an answer.
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    sys.stdout = sys.stderr
    for line in _lines(out.flush):
        started = time.monotonic()
        reply = shim.reply(line)
        if reply is None:
            break
        out.write(_line(reply))
        # An answer that took long is not kept waiting for others.
        if time.monotonic() - started > SLOW:
            out.flush()
    out.flush()


class _Shim:
    def __init__(self, target, supports, tokens, header, schemes, lines, documented):
        self.target = target
        self.supports = supports
        self.tokens = tokens
        self.policies = {}
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
        if self.tokens and policy.get("cookie") is None and ("token" in shown or "bytes" in shown):
            return self.token(seq, shown, policy, line)
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

    def token(self, seq, shown, policy, line):
        try:
            policy = self.policy(policy, line)
            token = shown["token"] if "token" in shown else base64.b64decode(shown["bytes"])
            if not isinstance(token, (str, bytes)):
                raise TypeError
        except (KeyError, ValueError, TypeError, AttributeError):
            return {"error": "bad-line"}
        lacking = next((need for need in policy.needs if need not in self.tokens.supports), None)
        if lacking is None and "token" not in shown and "bytes" not in self.tokens.supports:
            lacking = "bytes"
        if lacking is not None:
            return {"seq": seq, "verdict": "unsupported", "feature": lacking}
        clock = self.tokens.clock
        if clock is None:
            return {"seq": seq, **self.judged(lambda: _claims(self.tokens.verify(token, policy)))}
        try:
            clock.now = policy.now
            return {"seq": seq, **self.judged(lambda: _claims(self.tokens.verify(token, policy)))}
        finally:
            clock.now = None

    def policy(self, policy, line):
        """The policy as it was made the last time that the same was asked: told by the rest of the line from where it starts."""
        start = line.find(b'"policy":')
        text = line[start:] if start >= 0 else None
        known = self.policies.get(text)
        if known is None:
            known = Policy(policy)
            if text is not None:
                if len(self.policies) >= POLICIES:
                    self.policies.clear()
                self.policies[text] = known
        return known

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
        def pairs():
            if cookie.scheme is None:
                read = self.header(fields)
            else:
                read = [(cookie.name, self.schemes[cookie.scheme].open(fields, cookie))]
            return {"pairs": [[_base64(octets(name)), _base64(octets(value))] for name, value in read]}

        return self.judged(pairs)

    def judged(self, claims):
        """Accept with the claims, or what the exception means."""
        try:
            return {"verdict": "accept", "claims": claims()}
        except Reject as error:
            return {"verdict": "reject", "reason": error.reason, "detail": _plain(error.detail)}
        except Unsupported as error:
            return {"verdict": "unsupported", "feature": error.feature}
        # A panic of an extension in Rust is no Exception.
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            for kind, reason in self.documented:
                if isinstance(error, kind):
                    reason = reason(error) if callable(reason) else reason
                    if reason is None:
                        break
                    return {"verdict": "reject", "reason": reason, "detail": _plain(f"{type(error).__name__}: {error}")}
            # What it was stands first, and last.
            told = _plain(f"{type(error).__name__}: {str(error)[:300]}\n")
            return {"fault": told + _plain("".join(traceback.format_exception(type(error), error, error.__traceback__)))}


def jws(token, algorithm):
    """Payload as JSON, signing input and signature of a compact JWS, for libraries that only verify signatures.

    As a careful application reads it: strict base64url, a header and a payload that are JSON objects, this algorithm, no `crit`.
    """
    parts = token.split(".")
    if len(parts) != 3 or not all(re.fullmatch("[A-Za-z0-9_-]*", part) for part in parts):
        raise Reject("malformed", "no three parts of base64url")
    try:
        decoded = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
        if any(_base64url(octets) != part for octets, part in zip(decoded, parts)):
            raise ValueError("base64url is not canonical")
        header, payload = (json.loads(octets.decode("utf-8"), parse_constant=_no_constant) for octets in decoded[:2])
    except (ValueError, RecursionError) as error:
        raise Reject("malformed", str(error)) from error
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise Reject("malformed", "no JSON object")
    if header.get("alg") != algorithm:
        raise Reject("algorithm", "another algorithm")
    if "crit" in header:
        raise Reject("critical", "no extension is understood")
    return payload, token.rpartition(".")[0], decoded[2]


def _base64url(octets):
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def _no_constant(word):
    raise ValueError(f"{word} is no JSON")


def _claims(claims):
    """The claims as an object; what is none is handed on as the only member of one."""
    return claims if isinstance(claims, dict) else {"payload": claims}


def _line(reply):
    """An answer as a line of JSON that every reader takes, whatever the library read."""
    try:
        text = json.dumps(reply, separators=(",", ":"), allow_nan=False)
        if "\\ud" in text or len(text) > 309 and re.search("[0-9]{309}", text):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        # The claims stand deeper here than where the library read them.
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(limit * 4)
        try:
            text = json.dumps(_readable(reply), separators=(",", ":"), allow_nan=False)
        finally:
            sys.setrecursionlimit(limit)
    return text.encode("ascii") + b"\n"


def _readable(value):
    """What Python's json gives and JSON has no form for: a number that no double holds is told as text, and half of a surrogate
    pair as U+FFFD; so is whatever else is no JSON."""
    if isinstance(value, dict):
        return {_readable(name) if isinstance(name, str) else str(name): _readable(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(member) for member in value]
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= sys.float_info.max else str(value)
    return str(value)


def _octets(text):
    return None if text is None else base64.b64decode(text)


def _list(value):
    return [] if value is None else [value] if isinstance(value, str) else list(value)


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

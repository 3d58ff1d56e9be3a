"""A shim: it shows Assay's tokens to a verifier in Python, and tells the verdicts.

It works as it stands, and verifies HS256 with nothing but Python (3.9 or newer):

    assay check --target-cmd 'python3 shim.py'
    assay run --target-cmd 'python3 shim.py'

To try your own library, change TARGET, SUPPORTS and `verify`. The rest speaks the
protocol, which is described in PROTOCOL.md of https://github.com/assay-harness/assay.
"""

import base64
import hmac
import json
import math
import os
import sys
import time
import traceback

# Who is tried, as the report names it.
TARGET = {"name": "starter-python", "version": "1", "language": "python"}

# What `verify` does and obeys, in the words of PROTOCOL.md. What is not listed is not
# tried. A false claim here becomes a false accusation in the report.
SUPPORTS = [
    "HS256",
    "secret",
    "exp",
    "nbf",
    "clock",
    "leeway",
    "issuer",
    "issuer-list",
    "audience",
    "audience-list",
]


class Refusal(Exception):
    """The token is not accepted. PROTOCOL.md lists the reasons, "other" among them."""

    def __init__(self, reason, detail=""):
        super().__init__(detail)
        self.reason = reason


class Unsupported(Exception):
    """The library cannot obey the policy. The message names the capability it lacks."""


def verify(token, policy):
    """Gives all claims of the token, or raises Refusal. REPLACE THIS BY YOUR LIBRARY.

    With PyJWT, for example. It reads the system's clock: take "clock" out of SUPPORTS.

        try:
            return jwt.decode(
                token,
                secret(policy),
                algorithms=policy["algorithms"],
                issuer=policy.get("issuer"),
                audience=policy.get("audience"),
                leeway=policy.get("leeway", 0),
            )
        except jwt.ExpiredSignatureError as error:
            raise Refusal("expired", error)
        except jwt.InvalidSignatureError as error:
            raise Refusal("signature", error)
        except jwt.PyJWTError as error:
            raise Refusal("other", error)

    Catch what the library documents and no more: any other exception is a fault.
    """
    if token.count(".") != 2:
        raise Refusal("malformed", "a token has three parts")
    header, payload, signature = map(octets_of, token.split("."))
    header = object_of(header)
    if header.get("alg") != "HS256" or "HS256" not in policy.get("algorithms", []):
        raise Refusal("algorithm", f"alg is {header.get('alg')!r}")
    if "crit" in header:
        raise Refusal("critical", "no extension is understood")
    key = secret(policy)
    # RFC 7518, section 3.2; and the text of another key is no secret.
    if len(key) < 32 or key.startswith(b"-----BEGIN "):
        raise Refusal("key", "no secret for HS256")
    signed = token.rpartition(".")[0].encode("ascii")
    if not hmac.compare_digest(hmac.digest(key, signed, "sha256"), signature):
        raise Refusal("signature")

    claims = object_of(payload)
    audience = listed(claims.get("aud", []))
    # A bool is an int in Python, and no date.
    dates = [claims[name] for name in ("exp", "nbf", "iat") if name in claims]
    texts = [claims[name] for name in ("iss", "sub", "jti") if name in claims]
    if any(type(date) not in (int, float) for date in dates):
        raise Refusal("missing-claim", "a date is no number")
    if not all(isinstance(text, str) for text in [*texts, *audience]):
        raise Refusal("missing-claim", "a name is no text")
    now, leeway = policy.get("now", time.time()), policy.get("leeway", 0)
    if "exp" in claims and now >= claims["exp"] + leeway:
        raise Refusal("expired")
    if "nbf" in claims and now + leeway < claims["nbf"]:
        raise Refusal("not-yet-valid")
    if "issuer" in policy and claims.get("iss") not in listed(policy["issuer"]):
        raise Refusal("issuer")
    if "audience" in policy and not set(audience) & set(listed(policy["audience"])):
        raise Refusal("audience")
    return claims


def octets_of(part):
    """Decodes base64url, strictly: no padding, no white space, no unused bits."""
    try:
        octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Refusal("malformed", "no base64url") from None
    if base64.urlsafe_b64encode(octets).rstrip(b"=").decode() != part:
        raise Refusal("malformed", "no strict base64url")
    return octets


def object_of(octets):
    """Reads a JSON object, strictly: left alone, Python takes NaN and UTF-16 too."""

    def finite(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"no finite number: {text}")
        return number

    try:
        text = octets.decode("utf-8")
        value = json.loads(text, parse_float=finite, parse_constant=finite)
    except (ValueError, RecursionError) as error:
        raise Refusal("malformed", error) from None
    if not isinstance(value, dict):
        raise Refusal("malformed", "no JSON object")
    return value


def listed(value):
    """Makes a list of a value that may stand alone."""
    return value if isinstance(value, list) else [value]


def secret(policy):
    """Gives the octets of the policy's only key."""
    key = policy["keys"][0] if policy.get("keys") else {}
    if "secret" not in key:
        raise Refusal("key", "the policy has no secret")
    return base64.b64decode(key["secret"])


# Nothing below needs to be changed: it is the shim's end of the protocol.

# The forms in which a key is given, and the capability that reads each.
FORMS = {
    "secret": "secret",
    "jwk": "jwk",
    "jwk_text": "jwk",
    "pem": "pem",
    "cert_pem": "pem",
    "der": "pem",
}


def main():
    # Only answers may stand on stdout: what the library prints goes to stderr.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        answer = reply(line)
        if answer is None:
            break
        answers.write(encode(answer))
        answers.flush()


def reply(line):
    """Answers a line; None is the answer to `stop`."""
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
        if request.get("protocol") != 1:
            return {"error": "unknown-protocol", "supported": [1]}
        return {"protocol": 1, "target": TARGET, "supports": SUPPORTS}
    if command != "verify":
        return {"error": "unknown-cmd"}
    seq, shown, policy = (request.get(name) for name in ("seq", "input", "policy"))
    if type(seq) is not int or not all(isinstance(a, dict) for a in (shown, policy)):
        return {"error": "bad-line"}
    return {"seq": seq, **judge(shown, policy)}


def judge(shown, policy):
    """Shows the token to the library and says what came of it."""
    try:
        for need in needs(shown, policy):
            if need not in SUPPORTS:
                raise Unsupported(need)
        token = shown.get("token")
        if token is None:
            # No UTF-8, and shown only if "bytes" is in SUPPORTS.
            token = base64.b64decode(shown["bytes"])
        started = time.perf_counter_ns()
        claims = verify(token, policy)
        took = time.perf_counter_ns() - started
        if not isinstance(claims, dict):
            claims = {"payload": claims}
        return {"verdict": "accept", "claims": claims, "nanoseconds": took}
    except Refusal as error:
        return {"verdict": "reject", "reason": error.reason, "detail": str(error)}
    except Unsupported as error:
        return {"verdict": "unsupported", "feature": str(error)}
    except KeyboardInterrupt:
        raise
    # Not everything is an Exception: extensions and sys.exit raise others.
    except BaseException:
        return {"fault": traceback.format_exc()}


def needs(shown, policy):
    """Gives the names of what the request asks for."""
    if "cookie" in shown or "cookie" in policy:
        return [policy.get("cookie", {}).get("scheme", "cookie")]
    names = [name for name in policy.get("algorithms", ["defaults"]) if name != "none"]
    if "bytes" in shown:
        names.append("bytes")
    keys = policy.get("keys", [])
    if policy.get("jwks") or len(keys) > 1:
        names.append("jwks")
    elif keys:
        forms = [capability for form, capability in FORMS.items() if form in keys[0]]
        if not any(form in SUPPORTS for form in forms):
            names += forms
    for name in ("issuer", "audience"):
        if name in policy:
            names.append(name if len(listed(policy[name])) == 1 else f"{name}-list")
    for name in ("subject", "typ", "required_claims", "max_age", "critical"):
        if name in policy:
            names.append(name.replace("_", "-"))
    if policy.get("leeway"):
        names.append("leeway")
    return names


def encode(answer):
    """Writes a line. Half a surrogate pair is no UTF-8 and becomes a question mark."""
    try:
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(mended(answer), ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def mended(value, deepest=200):
    """Makes a value one that can be written: what JSON has no value for is its text."""
    if deepest == 0:
        return None
    if isinstance(value, dict):
        return {str(name): mended(it, deepest - 1) for name, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [mended(it, deepest - 1) for it in value]
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Checks that installed shims speak the protocol. One line a shim: ok, or what failed. Exits 1 where one failed.

    check.py [name…]

Each shim is started once. It must greet as its target.toml says, answer lines that are no requests and go on, keep the order of
requests that are sent ahead, and read a plain header where it reads headers. Cookies that the library made itself (`--sample`)
must be accepted with their payload, and refused with an altered octet, another secret, under another name, and where they are
missing. A shim that names algorithms must accept a token that HMAC made here, and the examples of RFC 7515, with their claims,
and refuse them where a claim was altered, under another key and after their time. A shim's variants are checked like it, by their
own names. Shims that are not installed are named and left out. Nothing is said here about how well a library does: that is what
the harness is for.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

SHIMS = Path(__file__).resolve().parent
TIMEOUT = 60

# What PROTOCOL.md names; whatever else a shim supports is a cookie scheme.
SIGNS = set("HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519 none".split())
WRAPS = set(
    "dir A128KW A192KW A256KW A128GCMKW A192GCMKW A256GCMKW RSA1_5 RSA-OAEP RSA-OAEP-256 ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW "
    "ECDH-ES+A256KW PBES2-HS256+A128KW PBES2-HS384+A192KW PBES2-HS512+A256KW".split()
)
ENCRYPTS = set("A128CBC-HS256 A192CBC-HS384 A256CBC-HS512 A128GCM A192GCM A256GCM".split())
FEATURES = set(
    "exp nbf clock pem jwk jwks secret issuer issuer-list audience audience-list subject typ leeway required-claims max-age "
    "critical json-serialization b64 jwe bytes cookie cookie-lines rotation defaults".split()
)
REASONS = set(
    "malformed algorithm key signature expired not-yet-valid issuer audience subject critical type missing-claim revoked "
    "other".split()
)


def cache(name):
    root = os.environ.get("ASSAY_CACHE") or Path.home() / ".cache" / "assay"
    return Path(root).absolute() / "shims" / name


def targets():
    """Folder and target.toml of every shim, by name."""
    found = {}
    for file in sorted(SHIMS.glob("*/target.toml")):
        target = tomllib.loads(file.read_text())
        if target["name"] in found:
            raise SystemExit(f"two shims are called {target['name']}")
        found[target["name"]] = (file.parent, target)
    return found


def substitute(command, name):
    return [word.replace("{cache}", str(cache(name))) for word in command]


def probe(folder, target):
    """The version of a library that comes with the system; nothing where the system has none, or where it is locked here."""
    if "probe" not in target:
        return None
    try:
        done = subprocess.run(target["probe"], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def installed(name):
    return (cache(name) / ".assay-installed").exists()


class Wrong(Exception):
    pass


def want(holds, what, got):
    if not holds:
        raise Wrong(f"{what}: {json.dumps(got)[:300]}")


def b64(octets):
    return base64.b64encode(octets).decode("ascii")


def b64url(octets):
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def run(command, folder, text):
    try:
        return subprocess.run(command, cwd=folder, input=text, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Wrong(f"no end within {TIMEOUT} s") from None
    except OSError as error:
        raise Wrong(f"it does not start: {error}") from None


def talk(command, folder, lines):
    """One conversation: the answer to each line."""
    text = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    done = run(command, folder, text + b'{"cmd":"stop"}\n{"cmd":"start","protocol":1}\n')
    if done.returncode != 0:
        raise Wrong(f"exit code {done.returncode}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        answer.pop("nanoseconds", None)
    want(len(answers) == len(lines), f"{len(lines)} lines were sent, and answered with", len(answers))
    return answers


def verify(seq, header, policy):
    return {"cmd": "verify", "seq": seq, "input": {"cookie": header}, "policy": policy, "unknown": {"member": 1}}


def greeting(command, folder, target):
    lines = [
        b"no JSON",
        b'{"cmd":"dance"}',
        b'{"cmd":"start","protocol":99}',
        b"[]",
        b'{"cmd":"verify"}',
        b"\xff\xfe",
        {"cmd": "start", "protocol": 1},
        told(5, "a.b.c", {"algorithms": ["HS256"], "keys": [secret()]}),
        verify(6, {"header": "sid=1"}, {"cookie": {"name": "sid", "scheme": "no-such-scheme", "secrets": [b64(b"x")]}}),
        verify(7, {"header": "sid=1"}, {"leeway": 5, "cookie": {"name": "sid"}}),
    ]
    answers = talk(command, folder, lines)
    errors = [answer.get("error") for answer in answers[:6]]
    want(errors == ["bad-line", "unknown-cmd", "unknown-protocol", "bad-line", "bad-line", "bad-line"], "errors", errors)
    want(answers[2].get("supported") == [1], "the versions it speaks", answers[2])
    hello = answers[6]
    want(hello.get("protocol") == 1, "the greeting", hello)
    for member in ("name", "language", "homepage", "issues"):
        want(hello["target"].get(member) == target[member], f"its {member} is not target.toml's", hello["target"])
    want(hello["target"].get("version"), "it has no version", hello["target"])
    of_system = probe(folder, target)
    want(of_system in (None, hello["target"]["version"]), f"its version is not the system's, {of_system}", hello["target"])
    signs = algorithms(hello)
    for seq, feature in ((5, "token"), (6, "no-such-scheme"), (7, "leeway")):
        answer = answers[seq + 2]
        if signs and feature != "token":
            # A verifier of tokens may stop at the cookie.
            want(answer.get("verdict") == "unsupported" and answer["seq"] == seq, "a cookie is not answered unsupported", answer)
            continue
        if "HS256" in signs:
            # It is nonsense, and refused.
            want(answer.get("seq") == seq and answer.get("verdict") == "reject", "nonsense is not refused", answer)
            continue
        expected = {"seq": seq, "verdict": "unsupported", "feature": "HS256" if signs else feature}
        want(answer == expected, f"{expected['feature']} is not answered unsupported", answer)
    return hello


def headers(command, folder, hello):
    """True where the shim reads headers."""
    policy = {"cookie": {"name": "sid"}}
    lines = [verify(seq, {"header": "sid=31d4; theme=dark"}, policy) for seq in range(40)]
    lines.append(verify(40, {"header_bytes": b64(b"sid=31d4; theme=dark")}, policy))
    lines.append(verify(41, {"lines": [b64(b"sid=31d4"), b64(b"theme=dark")]}, policy))
    answers = talk(command, folder, lines)
    want([answer.get("seq") for answer in answers] == list(range(42)), "order of the answers", answers[-1])
    if all(answer.get("feature") == "cookie" for answer in answers[:41]):
        return False
    pairs = {"pairs": [[b64(b"sid"), b64(b"31d4")], [b64(b"theme"), b64(b"dark")]]}
    for answer in answers[:41]:
        want(answer == {"seq": answer["seq"], "verdict": "accept", "claims": pairs}, "sid=31d4; theme=dark", answer)
    several = answers[41].get("verdict")
    if "cookie-lines" in hello["supports"]:
        want(several in ("accept", "reject"), "several lines", answers[41])
    else:
        want(answers[41].get("feature") == "cookie-lines", "several lines", answers[41])
    return True


def samples(command, folder):
    """Cookies that the library made are read, and what is not genuine is refused. The schemes that were seen."""
    done = run([*command, "--sample"], folder, b"")
    want(done.returncode == 0, "--sample", done.stderr.decode(errors="replace")[-300:])
    made = [json.loads(line) for line in done.stdout.splitlines()]
    for sample in made:
        policy, value = sample["policy"], base64.b64decode(sample["value"])
        scheme = policy["cookie"]["scheme"]
        middle = len(value) // 2
        altered = value[:middle] + (b"A" if value[middle : middle + 1] != b"A" else b"B") + value[middle + 1 :]
        secrets = [b64(bytes(octet ^ 1 for octet in base64.b64decode(secret))) for secret in policy["cookie"]["secrets"]]
        other = {**policy, "cookie": {**policy["cookie"], "secrets": secrets}}
        whole = {"header_bytes": b64(b"theme=dark; sid=" + value)}
        shown = [
            ("genuine", whole, policy),
            ("altered", {"header_bytes": b64(b"theme=dark; sid=" + altered)}, policy),
            ("another secret", whole, other),
            ("another name", {"header_bytes": b64(b"theme=dark; sie=" + value)}, policy),
            ("missing", {"header": "theme=dark"}, policy),
        ]
        answers = talk(command, folder, [verify(seq, header, how) for seq, (_, header, how) in enumerate(shown)])
        for (what, _, _), answer in zip(shown, answers):
            expected = "accept" if what == "genuine" else "reject"
            want(answer.get("verdict") == expected, f"{scheme}: {what}", answer)
        [[name, payload]] = answers[0]["claims"]["pairs"]
        got, expected = base64.b64decode(payload), base64.b64decode(sample["payload"])
        if sample["json"]:
            got, expected = json.loads(got), json.loads(expected)
        want(base64.b64decode(name) == b"sid" and got == expected, f"{scheme}: payload", answers[0])
    return {sample["policy"]["cookie"]["scheme"] for sample in made}


def algorithms(hello):
    """The algorithms that it verifies; a shim without any is shown no tokens."""
    return [word for word in hello["supports"] if word in SIGNS and word != "none"]


def secret(octets=bytes(range(48, 112))):
    """A shared secret in every form that there is; 64 octets, and text."""
    jwk = {"kty": "oct", "kid": "check", "k": b64url(octets)}
    return {"kid": "check", "secret": b64(octets), "jwk": jwk, "jwk_text": json.dumps(jwk)}


def signed(claims, key, header=None):
    head = {"alg": "HS256", "typ": "JWT", "kid": "check"} if header is None else header
    text = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return text + "." + b64url(hmac.new(base64.b64decode(key["secret"]), text.encode(), hashlib.sha256).digest())


def altered(token):
    """The token with another claim under the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return ".".join([header, b64url(json.dumps({**claims, "admin": True}).encode()), signature])


def told(seq, token, policy):
    return {"cmd": "verify", "seq": seq, "input": {"token": token}, "policy": policy, "unknown": {"member": 1}}


def judged(command, folder, shown):
    """Shows (what, token, policy, claims) and wants the token accepted with those claims, or refused where there are none."""
    answers = talk(command, folder, [told(seq, token, policy) for seq, (_, token, policy, _) in enumerate(shown)])
    for seq, ((what, _, _, claims), answer) in enumerate(zip(shown, answers)):
        want(answer.get("seq") == seq, "order of the answers", answer)
        if claims is None:
            want(answer.get("verdict") == "reject", f"{what} is not refused", answer)
            want(answer.get("reason", "other") in REASONS, f"{what}: the reason is none of the protocol's", answer)
        else:
            want(answer.get("verdict") == "accept", f"{what} is not accepted", answer)
            want(answer.get("claims") == claims, f"{what}: claims", answer)
    return answers


def tokens(command, folder, hello):
    """What was checked with tokens."""
    signs, supports = algorithms(hello), set(hello["supports"])
    done = []
    if "HS256" in signs and supports & {"secret", "jwk"}:
        hmac_tokens(command, folder, supports)
        done.append("HS256")
    for algorithm, (token, jwk, pem) in RFC_7515.items():
        # Its time is long over.
        if algorithm in signs and "clock" in supports and supports & {"pem", "jwk"}:
            key = {"jwk": jwk, "jwk_text": json.dumps(jwk), "pem": pem}
            policy = {"algorithms": [algorithm], "keys": [key], "now": 1300819000}
            claims = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
            # It has no typ and no iat, which a library may ask for.
            [answer] = talk(command, folder, [told(0, token, policy)])
            if answer.get("verdict") == "reject" and answer.get("reason") in ("type", "missing-claim"):
                continue
            judged(
                command,
                folder,
                [
                    (f"the {algorithm} example of RFC 7515", token, policy, claims),
                    (f"the {algorithm} example with an altered claim", altered(token), policy, None),
                ],
            )
            done.append(algorithm)
    return done or ["no token that could be made here"]


def hmac_tokens(command, folder, supports):
    now = 1700000000 if "clock" in supports else int(time.time())
    key, other = secret(), secret(bytes(range(49, 113)))
    policy = {"algorithms": ["HS256"], "keys": [key]}
    if "clock" in supports:
        policy["now"] = now
    claims = {"iss": "https://issuer.example", "sub": "user-7", "iat": now - 60, "nbf": now - 60, "exp": now + 3600}
    claims["jti"] = "31d4"
    claims["n"] = [1, "é", None]
    good = signed(claims, key)
    shown = [
        ("nonsense", "a.b.c", policy, None),
        ("a valid token", good, policy, claims),
        ("an altered claim", altered(good), policy, None),
        ("a valid token again", good, policy, claims),
        ("a token under another secret", good, {**policy, "keys": [other]}, None),
        ("a token without a signature", good.rpartition(".")[0] + ".", policy, None),
        ("no token", "", policy, None),
    ]
    if {"clock", "exp"} <= supports:
        shown.append(("a token after its exp", good, {**policy, "now": now + 3601}, None))
    if {"clock", "nbf"} <= supports:
        shown.append(("a token before its nbf", good, {**policy, "now": now - 61}, None))
    shown.append(("a valid token at last", good, policy, claims))
    answers = judged(command, folder, shown)
    # Some libraries have one exception for all that they refuse.
    want(answers[0].get("reason", "other") in ("malformed", "other"), "nonsense is refused for another reason", answers[0])
    # Sent ahead, so that order shows.
    judged(command, folder, [shown[seq % 3] for seq in range(300)])

    # What it does not name is unsupported, not ignored.
    asked = {
        "issuer": {"issuer": "https://issuer.example"},
        "issuer-list": {"issuer": ["https://other.example", "https://issuer.example"]},
        "audience": {"audience": "https://api.example"},
        "audience-list": {"audience": ["https://other.example", "https://api.example"]},
        "subject": {"subject": "user-7"},
        "typ": {"typ": "JWT"},
        "leeway": {"leeway": 5},
        "required-claims": {"required_claims": ["sub"]},
        "max-age": {"max_age": 600},
        "critical": {"critical": ["urn:example"]},
        "jwks": {"jwks": True},
        "defaults": {"algorithms": None},
    }
    asked |= {algorithm: {"algorithms": ["HS256", algorithm]} for algorithm in ("HS512", "ES256K", "EdDSA")}
    full = signed({**claims, "aud": "https://api.example"}, key)
    lines = []
    for seq, member in enumerate(asked.values()):
        asks = {name: value for name, value in {**policy, **member}.items() if value is not None}
        lines.append(told(seq, full if "audience" in member else good, asks))
    for what, answer in zip(asked, talk(command, folder, lines)):
        if what not in supports:
            want(answer.get("verdict") == "unsupported", f"{what} is not claimed, and is not answered unsupported", answer)
            want(answer.get("feature") == what, f"{what} is unsupported under another name", answer)
        elif what == "defaults":
            # Which algorithms those are is the library's matter.
            want(answer.get("verdict") in ("accept", "reject"), f"{what} is claimed and not obeyed", answer)
        elif what == "jwks":
            # Its sets may be of public keys alone.
            allowed = answer.get("verdict") == "accept" or answer.get("feature") == "jwks"
            want(allowed, f"a valid token under a policy with {what}", answer)
        elif what in FEATURES:
            want(answer.get("verdict") == "accept", f"a valid token under a policy with {what}", answer)


# The examples of RFC 7515 (A.2 and A.3); the PEM text is the same key.
RFC_7515 = {
    "RS256": (
        (
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c"
            "nVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
            "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6"
            "_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
            "cN_IoypGlUPQGe77Rw"
        ),
        {
            "kty": "RSA",
            "n": (
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
                "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca"
                "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb5"
                "4h4FRWyuXpoQ"
            ),
            "e": "AQAB",
        },
        (
            "-----BEGIN PUBLIC KEY-----\n"
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"
            "NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"
            "P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"
            "9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"
            "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"
            "FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"
            "oQIDAQAB\n"
            "-----END PUBLIC KEY-----\n"
        ),
    ),
    "ES256": (
        (
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c"
            "nVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        ),
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        (
            "-----BEGIN PUBLIC KEY-----\n"
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
            "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
            "-----END PUBLIC KEY-----\n"
        ),
    ),
}


def check(name, command, folder, target):
    hello = greeting(command, folder, target)
    signs = algorithms(hello)
    reads = headers(command, folder, hello) if not signs or "cookie" in hello["supports"] else False
    claimed = set(hello["supports"]) - FEATURES - SIGNS - WRAPS - ENCRYPTS
    schemes = samples(command, folder) if claimed or not signs else set()
    want(claimed == schemes, "schemes that it claims and has no sample of, or the reverse", sorted(claimed ^ schemes))
    want(reads or schemes or signs, "it reads no header, opens no scheme and verifies no token", hello["supports"])
    what = (["header"] if reads else []) + sorted(schemes)
    what += tokens(command, folder, hello) if signs else []
    return f"{hello['target']['version']}, {', '.join(what)}"


def variants(name, target):
    """The shim itself and its variants: (name, command, target)."""
    command = substitute(target["command"], name)
    yield name, command, target
    for variant in target.get("variant", []):
        yield variant["name"], [*command, *substitute(variant["arguments"], name)], {**target, "name": variant["name"]}


def main(names):
    known = targets()
    all_of = {one: (base, *of) for base, (_, target) in known.items() for one, *of in variants(base, target)}
    unknown = [name for name in names if name not in all_of]
    if unknown:
        print(f"no such shim: {', '.join(unknown)}; there are {', '.join(all_of)}", file=sys.stderr)
        return 2
    failed = 0
    for name, (base, command, target) in all_of.items():
        # A shim brings its variants.
        if names and name not in names and base not in names:
            continue
        folder, whole = known[base]
        if not installed(base):
            if name == base:
                print(f"{name}: not installed (assay targets install {name})", flush=True)
            continue
        try:
            print(f"{name}: ok ({check(name, command, folder, target)})", flush=True)
        except (Wrong, ValueError, KeyError, TypeError) as error:
            failed += 1
            print(f"{name}: FAILED: {type(error).__name__ if not isinstance(error, Wrong) else ''} {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

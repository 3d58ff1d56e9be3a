"""google-auth: `google.auth.jwt.decode(token, certs)`, the skew of the clocks set to the policy's leeway; 0 is its default too.

The key is the certificate or the public key as PEM text; in a key set `certs` is a dict of them by `kid`. It takes no list of
algorithms. An RSA key is good for RS256 alone, so that is what is claimed; ES256 and ES384 no list can tell apart. `iat` and
`exp` have to be there, and `nbf` is not looked at. What is raised for a token that does not verify are ValueErrors. The clock is
`datetime` as google.auth._helpers has it.
"""

import sys
from importlib.metadata import version
from pathlib import Path

import google.auth._helpers
from google.auth import exceptions, jwt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Clock, Tokens, Unsupported, serve


def pem(key):
    return key.first("cert_pem", "pem")[1]


def certs(policy):
    if not policy.jwks:
        return pem(policy.key())
    if any(key.kid is None for key in policy.keys):
        raise Unsupported("jwks")
    return {key.kid: pem(key) for key in policy.keys}


def verify(token, policy):
    audience = policy.audience if len(policy.audience) > 1 else next(iter(policy.audience), None)
    keys = policy.once("certs", lambda: certs(policy))
    return jwt.decode(token, keys, audience=audience, clock_skew_in_seconds=policy.leeway)


def reason(error):
    text = str(error)
    known = [
        ("verify token signature", "signature"),
        ("too early", "not-yet-valid"),
        ("expired", "expired"),
        ("wrong audience", "audience"),
        ("required claim", "missing-claim"),
        ("signature algorithm", "algorithm"),
        ("key id", "key"),
    ]
    return next((why for part, why in known if part in text), "malformed")


serve(
    name="google-auth",
    version=version("google-auth"),
    homepage="https://googleapis.dev/python/google-auth/latest",
    issues="https://github.com/googleapis/google-auth-library-python/issues",
    tokens=Tokens(
        verify,
        "RS256 exp pem jwks audience audience-list leeway bytes defaults".split(),
        clock=Clock(google.auth._helpers),
    ),
    documented=[(exceptions.GoogleAuthError, reason), (ValueError, "malformed")],
)

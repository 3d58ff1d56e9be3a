"""jwskate: `SignedJwt(token).validate(key, algs=…)`, whose claims an application then reads.

The key is a Jwk of a dict, of PEM text or of a JWK's text, and a key set is a JwkSet. Without a list of algorithms only a JWK
that names one is taken. `exp` has to be there, `nbf` is not looked at, and there is no leeway. The clock is `datetime` as
jwskate.jwt.signed has it.
"""

import sys
from importlib.metadata import version
from pathlib import Path

import jwskate.jwt.signed
from jwskate import Jwk, JwkSet, SignedJwt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Clock, Tokens, imported, serve


def read(key):
    form, value = key.first("jwk", "pem", "jwk_text")
    if form == "pem":
        return imported(Jwk.from_pem, value)
    return imported(Jwk, value)


def keys(policy):
    if policy.jwks:
        return imported(JwkSet, {"keys": [key.first("jwk")[1] for key in policy.keys]})
    return read(policy.key())


def verify(token, policy):
    key = policy.once("keys", lambda: keys(policy))
    asked = {"sub": policy.subject} if policy.subject is not None else {}
    jwt = SignedJwt(token)
    jwt.validate(
        key,
        algs=policy.algorithms,
        issuer=next(iter(policy.issuer), None),
        audience=next(iter(policy.audience), None),
        **asked,
    )
    return dict(jwt.claims)


def reason(error):
    """Claims are told apart by the words that come with InvalidClaim."""
    kind, text = type(error).__name__, str(error)
    if kind == "InvalidClaim":
        known = [("issuer", "issuer"), ("audience", "audience"), ("'exp'", "missing-claim"), ("sub", "subject")]
        return next((why for part, why in known if part in text), "missing-claim")
    known = {
        "InvalidSignature": "signature",
        "ExpiredJwt": "expired",
        "UnsupportedAlg": "algorithm",
        "MismatchingAlg": "algorithm",
        "ExpectedAlgRequired": "algorithm",
        "InvalidKey": "key",
        "InvalidJwk": "key",
        "UnsupportedKeyType": "key",
    }
    return known.get(kind, "malformed")


serve(
    name="jwskate",
    version=version("jwskate"),
    homepage="https://guillp.github.io/jwskate",
    issues="https://github.com/guillp/jwskate/issues",
    tokens=Tokens(
        verify,
        (
            "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA "
            "exp pem jwk jwks issuer audience subject bytes"
        ).split(),
        clock=Clock(jwskate.jwt.signed),
    ),
    # Its documentation catches ValueError for a token that failed.
    documented=[(jwskate.NoKeyFoundWithThisKid, "key"), (ValueError, reason)],
)

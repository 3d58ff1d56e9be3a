"""python-jose: `jwt.decode`, with its cryptography backend. The key is PEM text, a secret's octets, a JWK as a dict, or its text.

It takes a key set too, and tries each of its keys: `kid` chooses none, which is what `jwks` asks for. Without an allow-list
`algorithms` is left at None. `audience` and `subject` say nothing of a token without the claim, so
`require_aud` and `require_sub` go with them. The clock is `datetime` as jose.jwt has it.

The variant `jwe` opens encrypted tokens by `jwe.decrypt`, which takes no allow-list and looks at no claims: the header, by
`jwe.get_unverified_header`, is compared with the list before, and what is inside is read as JSON, or verified where it has to be
signed. The variant claims no `exp` and `nbf` for that reason.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import jose.jwt
from jose import exceptions, jwe, jwt
from jose.constants import ALGORITHMS

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import ENCRYPTS, WRAPS, Clock, Reject, Tokens, serve, variant

VARIANT = variant()


def ready(key):
    # Without a key an application passes what its configuration gave.
    return key.first("pem", "secret", "jwk", "jwk_text", "cert_pem")[1]


def asked(policy):
    options = {"leeway": policy.leeway}
    for claim in policy.required_claims:
        options[f"require_{claim}"] = True
    arguments = {"options": options}
    if policy.issuer:
        arguments["issuer"] = policy.issuer[0] if len(policy.issuer) == 1 else policy.issuer
    if policy.audience:
        arguments["audience"] = policy.audience[0]
        options["require_aud"] = True
    if policy.subject is not None:
        arguments["subject"] = policy.subject
        options["require_sub"] = True
    return arguments


def decoded(token, policy, keys):
    arguments = policy.once("arguments", lambda: asked(policy))
    return jwt.decode(token, keys, algorithms=policy.signs, **arguments)


def opened(token, policy):
    header = jwe.get_unverified_header(token)
    if header.get("alg") not in policy.wraps or header.get("enc") not in policy.encrypts:
        raise Reject("algorithm", "the header's alg or enc is not allowed")
    plaintext = jwe.decrypt(token, ready(policy.recipient()))
    if plaintext is None:
        raise Reject("key", "jwe.decrypt gave nothing")
    if policy.signs:
        return decoded(plaintext.decode(), policy, ready(policy.signers()[0]))
    return json.loads(plaintext)


def verify(token, policy):
    if VARIANT == "jwe" and policy.wraps:
        return opened(token, policy)
    return decoded(token, policy, ready(policy.key()))


def reason(error):
    """JWTError stands for most; its text tells more."""
    text = str(error)
    known = [
        ("json object", "malformed"),
        ("Auth Tag", "signature"),
        ("alg value is not allowed", "algorithm"),
        ("No algorithm was specified", "algorithm"),
        ("unsupported algorithm", "algorithm"),
        ("Signature verification failed", "signature"),
        ('key "aud" among', "audience"),
        ('key "sub" among', "subject"),
        ("missing required key", "missing-claim"),
        ("must be a", "missing-claim"),
        ("claim format", "missing-claim"),
        ("not yet valid", "not-yet-valid"),
        ("Invalid audience", "audience"),
        ("Invalid issuer", "issuer"),
        ("Invalid subject", "subject"),
        ("segments", "malformed"),
        ("Invalid header", "malformed"),
        ("Invalid payload", "malformed"),
        ("padding", "malformed"),
    ]
    return next((why for part, why in known if part in text), "other")


SIGNS = [name for name in "HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512".split() if name in ALGORITHMS.SUPPORTED]
FEATURES = "pem jwk secret issuer issuer-list audience subject leeway required-claims defaults".split()
OPENS = [name for name in sorted([*WRAPS, *ENCRYPTS]) if name in ALGORITHMS.SUPPORTED]

serve(
    name="python-jose" + (f"-{VARIANT}" if VARIANT else ""),
    version=version("python-jose"),
    homepage="https://python-jose.readthedocs.io",
    issues="https://github.com/mpdavis/python-jose/issues",
    tokens=Tokens(
        verify,
        SIGNS + FEATURES + (["jwe", *OPENS] if VARIANT == "jwe" else ["exp", "nbf"]),
        clock=Clock(jose.jwt),
    ),
    documented=[
        (exceptions.ExpiredSignatureError, "expired"),
        (exceptions.JWKError, lambda error: "algorithm" if "an algorithm for key" in str(error) else "key"),
        (exceptions.JWEParseError, "malformed"),
        (exceptions.JWEInvalidAuth, "signature"),
        (exceptions.JWEAlgorithmUnsupportedError, "algorithm"),
        (exceptions.JOSEError, reason),
        # What a jwe.decrypt gave is the application's to read.
        (json.JSONDecodeError, "malformed"),
    ],
)

"""Authlib: `authlib.jose`, `JsonWebToken(algorithms).decode` and then `claims.validate`, as its documentation has it.

Without an allow-list it is the module's own `jwt`. The key is PEM text, a secret's octets, a JWK as a dict or a JWK's text,
handed to `decode` as it is, and as a Key where it decrypts; a key set is a KeySet. Where the policy names a value the claim is
`essential` too. `validate` takes `now` and `leeway`, so no clock is replaced. Encrypted tokens go to the same `decode`; a signed
token inside is none that it reads.

What is compressed is refused unless the list has `DEF`, which the variant `zip` adds where a policy lists JWE algorithms. The
variant `jws` calls `JsonWebSignature(algorithms).deserialize_compact` with the same keys, which looks at no claims; the
payload is read as JSON.
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

# authlib.jose tells on stderr that it is to be left for joserfc.
warnings.simplefilter("ignore")

from authlib.jose import JsonWebEncryption, JsonWebKey, JsonWebSignature, JsonWebToken, errors, jwt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import ENCRYPTS, WRAPS, Reject, Tokens, Unsupported, imported, raised_in, serve, variant


VARIANT = variant()


def ready(key):
    return key.first("pem", "secret", "jwk", "jwk_text", "cert_pem")[1]


def keys(policy):
    if policy.jwks:
        return imported(JsonWebKey.import_key_set, {"keys": [key.first("jwk")[1] for key in policy.keys]})
    if policy.wraps:
        # A dict would be taken for an EC key where it may be an X25519 one.
        form, value = policy.recipient().first("pem", "secret", "jwk")
        return imported(JsonWebKey.import_key, value) if form == "jwk" else value
    if VARIANT == "jws" and policy.key().forms() == ["jwk_text"]:
        # Text is a JWK's to JsonWebToken alone.
        raise Unsupported("jwk")
    return ready(policy.key())


def verifier(policy):
    if policy.algorithms is None:
        return jwt
    return JsonWebToken(policy.algorithms + (["DEF"] if VARIANT == "zip" and policy.wraps else []))


def options(policy):
    asked = {claim: {"essential": True} for claim in policy.required_claims}
    for claim, values in (("iss", policy.issuer), ("aud", policy.audience)):
        if values:
            asked[claim] = {"essential": True, **({"value": values[0]} if len(values) == 1 else {"values": values})}
    if policy.subject is not None:
        asked["sub"] = {"essential": True, "value": policy.subject}
    return asked


def verified(token, policy):
    """The JOSE-level API."""
    key = policy.once("keys", lambda: keys(policy))
    jws = policy.once("jws", lambda: JsonWebSignature(policy.algorithms))
    payload = jws.deserialize_compact(token, key).payload
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Reject("malformed", f"the payload that it gave is no JSON: {error}") from error


def verify(token, policy):
    if policy.wraps and policy.signs:
        raise Unsupported("jwe")
    key = policy.once("keys", lambda: keys(policy))
    decode = policy.once("verifier", lambda: verifier(policy)).decode
    claims = decode(token, key, claims_options=policy.once("options", lambda: options(policy)))
    claims.validate(now=policy.now, leeway=policy.leeway)
    return claims


def claim(error):
    names = {"iss": "issuer", "aud": "audience", "sub": "subject"}
    return next((why for name, why in names.items() if f"'{name}'" in str(error)), "missing-claim")


def value_error(error):
    """What Authlib raises itself is its way to refuse a key, or a token that is too long; what comes from below it is not."""
    if not raised_in(error, "authlib"):
        return None
    return "malformed" if "too long" in str(error) else "key"


def documented():
    names = [
        ("BadSignatureError", "signature"),
        ("ExpiredTokenError", "expired"),
        ("InvalidTokenError", "not-yet-valid"),
        ("MissingClaimError", claim),
        ("InvalidClaimError", claim),
        ("MissingAlgorithmError", "algorithm"),
        ("UnsupportedAlgorithmError", "algorithm"),
        ("MissingEncryptionAlgorithmError", "algorithm"),
        ("UnsupportedEncryptionAlgorithmError", "algorithm"),
        ("InvalidCritHeaderParameterNameError", "critical"),
        ("InvalidHeaderParameterNameError", "critical"),
        ("InvalidUseError", "key"),
        ("KeyMismatchError", "key"),
        ("DecodeError", "malformed"),
        ("JoseError", "other"),
    ]
    found = [(getattr(errors, name, None), why) for name, why in names]
    return [(kind, why) for kind, why in found if kind is not None] + [(ValueError, value_error)]


NAMES = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519".split()
FEATURES = (
    "exp nbf pem jwk jwks secret issuer issuer-list audience audience-list subject leeway required-claims bytes defaults jwe"
).split()
if VARIANT == "jws":
    FEATURES = "pem jwk secret bytes defaults".split()
JWE = {*JsonWebEncryption.ALG_REGISTRY, *JsonWebEncryption.ENC_REGISTRY}
SUPPORTS = [name for name in NAMES if name in JsonWebSignature.ALGORITHMS_REGISTRY]
SUPPORTS += [name for name in sorted(WRAPS | ENCRYPTS) if name in JWE and VARIANT != "jws"] + FEATURES

serve(
    name="authlib" + (f"-{VARIANT}" if VARIANT else ""),
    version=version("Authlib"),
    homepage="https://docs.authlib.org",
    issues="https://github.com/authlib/authlib/issues",
    tokens=Tokens(verified, SUPPORTS) if VARIANT == "jws" else Tokens(verify, SUPPORTS, clock=True),
    documented=documented(),
)

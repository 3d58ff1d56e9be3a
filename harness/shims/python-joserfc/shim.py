"""joserfc: `jwt.decode`, then a JWTClaimsRegistry's `validate`, as its guide has it.

The key is imported once, by `import_key`: PEM text as the kind of key that the allow-list takes, a secret's octets as `oct`, a
JWK as a dict; a JWK's text is read as JSON first, and a key set is a KeySet. Without an allow-list `algorithms` is left out, and
the recommended ones are allowed. Where the policy names a value the claim is `essential` too. The registry takes `now` and
`leeway`, so no clock is replaced; a header that this verifier understands is put into the JWSRegistry. Encrypted tokens are
decoded by the same function with a JWERegistry; a signed token inside is none that it reads.

The variant `implicit` imports text without a key type.
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

from joserfc import errors, jwk, jwt
from joserfc.jwe import JWERegistry
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import ENCRYPTS, WRAPS, Tokens, Unsupported, imported, serve, variant

# A weak key is warned of on stderr, for every token.
warnings.simplefilter("ignore")

VARIANT = variant()
KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "ECDH": "EC", "Ed": "OKP"}


def kind(policy, form):
    """The kind of key that the application gives the text of, by the algorithms that it allows."""
    if form == "secret":
        return "oct"
    listed = policy.signs or policy.wraps or []
    kinds = [next((kind for start, kind in KINDS.items() if name.startswith(start)), "oct") for name in listed]
    return next((kind for kind in kinds if kind != "oct"), kinds[0] if kinds else None)


def read(key, policy):
    form, value = key.first("pem", "secret", "jwk", "jwk_text", "cert_pem")
    if form is None:
        return None
    if form == "jwk_text":
        value = imported(json.loads, value)
    if form in ("jwk", "jwk_text"):
        return imported(jwk.import_key, value)
    key_type = None if VARIANT == "implicit" else kind(policy, form)
    if key_type is None:
        return imported(jwk.import_key, value)
    return imported(jwk.import_key, value, key_type)


def keys(policy):
    if policy.jwks:
        return imported(jwk.KeySet.import_key_set, {"keys": [key.first("jwk")[1] for key in policy.keys]})
    return read(policy.recipient() if policy.wraps else policy.key(), policy)


def registry(policy):
    if policy.wraps:
        return JWERegistry(algorithms=policy.algorithms)
    if not policy.critical:
        return None
    understood = {name: HeaderParameter(name, lambda value: None) for name in policy.critical}
    return JWSRegistry(header_registry=understood, algorithms=policy.algorithms)


def claims_registry(policy):
    asked = {claim: {"essential": True} for claim in policy.required_claims}
    for claim, values in (("iss", policy.issuer), ("aud", policy.audience)):
        if values:
            asked[claim] = {"essential": True, **({"value": values[0]} if len(values) == 1 else {"values": values})}
    if policy.subject is not None:
        asked["sub"] = {"essential": True, "value": policy.subject}
    return jwt.JWTClaimsRegistry(now=policy.now, leeway=policy.leeway, **asked)


def arguments(policy):
    """What is the same for every token."""
    named = {}
    if policy.algorithms is not None:
        named["algorithms"] = policy.algorithms
    special = registry(policy)
    if special is not None:
        named["registry"] = special
    return named


def verify(token, policy):
    if policy.wraps and policy.signs:
        raise Unsupported("jwe")
    key = policy.once("keys", lambda: keys(policy))
    decoded = jwt.decode(token, key, **policy.once("arguments", lambda: arguments(policy)))
    policy.once("claims", lambda: claims_registry(policy)).validate(decoded.claims)
    return decoded.claims


def claim(error):
    text = str(error)
    if "must be" in text:
        return "missing-claim"
    if "not yet valid" in text or "in the future" in text:
        return "not-yet-valid"
    return {"iss": "issuer", "aud": "audience", "sub": "subject"}.get(getattr(error, "claim", None), "missing-claim")


def header(error):
    return "critical" if "crit" in str(error) else "malformed"


def documented():
    names = [
        ("BadSignatureError", "signature"),
        ("ExpiredTokenError", "expired"),
        ("ClaimError", claim),
        ("MissingClaimError", claim),
        ("InvalidClaimError", claim),
        ("MissingCritHeaderError", "critical"),
        ("UnsupportedHeaderError", header),
        ("InvalidHeaderValueError", header),
        ("MissingHeaderError", header),
        ("UnsupportedAlgorithmError", "algorithm"),
        ("MissingAlgorithmError", "algorithm"),
        ("ConflictAlgorithmError", "algorithm"),
        ("MissingEncryptionError", "algorithm"),
        ("KeyParameterError", "key"),
        ("MissingKeyError", "key"),
        ("InvalidKeyIdError", "key"),
        ("InvalidKeyTypeError", "key"),
        ("InvalidKeyLengthError", "key"),
        ("InvalidKeyCurveError", "key"),
        ("InvalidExchangeKeyError", "key"),
        ("DecodeError", "malformed"),
        ("ExceededSizeError", "malformed"),
        ("InvalidPayloadError", "malformed"),
        ("JoseError", "other"),
    ]
    found = [(getattr(errors, name, None), why) for name, why in names]
    return [(kind, why) for kind, why in found if kind is not None]


NAMES = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519".split()
FEATURES = (
    "exp nbf pem jwk jwks secret issuer issuer-list audience audience-list subject leeway required-claims critical b64 bytes "
    "defaults jwe"
).split()
JWE = {*JWERegistry.algorithms["alg"], *JWERegistry.algorithms["enc"]}
SUPPORTS = [name for name in NAMES if name in JWSRegistry.algorithms]
SUPPORTS += [name for name in sorted(WRAPS | ENCRYPTS) if name in JWE] + FEATURES

serve(
    name="joserfc" + (f"-{VARIANT}" if VARIANT else ""),
    version=version("joserfc"),
    homepage="https://jose.authlib.org",
    issues="https://github.com/authlib/joserfc/issues",
    tokens=Tokens(verify, SUPPORTS, clock=True),
    documented=documented(),
)

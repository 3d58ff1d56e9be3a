"""jwcrypto: a `jwt.JWT` that deserializes the token with a key, its `leeway` set to the policy's.

The key is a JWK, of a dict, of PEM text or of a JWK's text; a key set is a JWKSet. It takes no secret's octets but in a JWK.
Without an allow-list `algs` is left out. `exp` and `nbf` are checked where they stand in a token only while there is no
`check_claims`, so a token is read twice where the policy names claims: once for its time, once with `check_claims`. What kind of
token is expected is left to `algs` and the key, as the library has it. Claims are text, which an application reads as JSON. A
token inside an encrypted one is read from `claims`, as the documentation shows. The clock is `time` as jwcrypto.jwt has it.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import jwcrypto.jwt
from jwcrypto import jwe, jwk, jws, jwt
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import ENCRYPTS, WRAPS, Clock, Reject, Tokens, imported, raised_in, serve


def read(key):
    form, value = key.first("jwk", "pem", "jwk_text", "cert_pem")
    if form is None:
        return None
    if form == "jwk":
        return imported(lambda: jwk.JWK(**value))
    if form == "jwk_text":
        return imported(jwk.JWK.from_json, value)
    return imported(jwk.JWK.from_pem, value.encode())


def keys(policy):
    if policy.jwks:
        return imported(jwk.JWKSet.from_json, json.dumps({"keys": [key.first("jwk")[1] for key in policy.keys]}))
    return read(policy.recipient() if policy.wraps else policy.key())


def checks(policy):
    asked = {claim: None for claim in policy.required_claims}
    if policy.issuer:
        asked["iss"] = policy.issuer[0]
    if policy.audience:
        asked["aud"] = policy.audience[0] if len(policy.audience) == 1 else policy.audience
    if policy.subject is not None:
        asked["sub"] = policy.subject
    return asked


def read_token(token, key, algorithms, policy, check=None):
    made = jwt.JWT(algs=algorithms, **({"check_claims": check} if check else {}))
    made.leeway = policy.leeway
    made.deserialize(token, key)
    try:
        return made.claims
    except KeyError as error:
        # Without a key nothing is verified, and there are no claims.
        raise Reject("key", str(error)) from error


def verify(token, policy):
    key = policy.once("keys", lambda: keys(policy))
    algorithms = policy.algorithms
    if policy.wraps and policy.signs:
        token = read_token(token, key, policy.wraps + policy.encrypts, policy)
        key = policy.once("signer", lambda: read(policy.signers()[0]))
        algorithms = policy.signs
    claims = read_token(token, key, algorithms, policy)
    asked = policy.once("checks", lambda: checks(policy))
    if asked:
        claims = read_token(token, key, algorithms, policy, asked)
    try:
        return json.loads(claims)
    except (ValueError, RecursionError) as error:
        raise Reject("malformed", f"the claims that it gave are no JSON: {error}") from error


def claim(error):
    names = {"iss": "issuer", "aud": "audience", "sub": "subject"}
    told = str(error)
    return next((why for name, why in names.items() if f"'{name}'" in told or f"Claim {name} " in told), "missing-claim")


def signature(error):
    text = str(error)
    if "critical" in text or "crit" in text:
        return "critical"
    return "algorithm" if "lgorithm" in text else "signature"


def value_error(error):
    """`deserialize` is documented to raise it."""
    return "malformed" if raised_in(error, "jwcrypto") else None


def type_error(error):
    """How the JWT says that it expects the other kind of token."""
    return "type" if str(error).startswith("Expected ") else None


def documented():
    names = [
        (jwt, "JWTExpired", "expired"),
        (jwt, "JWTNotYetValid", "not-yet-valid"),
        (jwt, "JWTMissingClaim", claim),
        (jwt, "JWTInvalidClaimValue", claim),
        (jwt, "JWTInvalidClaimFormat", "missing-claim"),
        (jwt, "JWTMissingKey", "key"),
        (jwt, "JWTMissingKeyID", "key"),
        (jws, "InvalidJWSSignature", signature),
        (jws, "InvalidJWSObject", "malformed"),
        (jws, "InvalidJWSOperation", "algorithm"),
        (jwe, "InvalidJWEData", signature),
        (jwe, "InvalidJWEOperation", "algorithm"),
        (jwk, "InvalidJWKValue", "key"),
        (jwk, "InvalidJWKType", "key"),
        (jwk, "InvalidJWKUsage", "key"),
        (jwk, "InvalidJWKOperation", "key"),
    ]
    found = [(getattr(module, name, None), why) for module, name, why in names]
    found = [(kind, why) for kind, why in found if kind is not None]
    return found + [(JWException, "other"), (ValueError, value_error), (TypeError, type_error)]


def offered(names, find):
    """What the library has, and allows where nothing is said or at least where it is named."""

    def has(name):
        try:
            find(name)
            return True
        except Exception:
            return False

    return [name for name in names if has(name)]


NAMES = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519".split()
FEATURES = "exp nbf pem jwk jwks issuer audience audience-list subject leeway required-claims defaults jwe b64".split()
SUPPORTS = offered(NAMES, JWA.signing_alg)
SUPPORTS += offered(sorted(WRAPS), JWA.keymgmt_alg) + offered(sorted(ENCRYPTS), JWA.encryption_alg)

serve(
    name="jwcrypto",
    version=version("jwcrypto"),
    homepage="https://jwcrypto.readthedocs.io",
    issues="https://github.com/latchset/jwcrypto/issues",
    tokens=Tokens(verify, SUPPORTS + FEATURES, clock=Clock(jwcrypto.jwt)),
    documented=documented(),
)

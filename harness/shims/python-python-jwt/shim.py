"""python-jwt: `verify_jwt(token, key, allowed_algs)`, with its defaults: `typ`, `iat`, `nbf` and `exp` have to be there.

The key is a JWK of jwcrypto, of a dict, of PEM text or of a JWK's text, as its documentation has it. It has no leeway for `exp`
and `nbf`, compares no claim, and asks for a list of algorithms. Whatever it raises is documented as "if the token failed to
verify". The clock is `datetime` as python_jwt has it.
"""

import sys
import warnings
from importlib.metadata import version
from pathlib import Path

warnings.simplefilter("ignore")

import jwcrypto.jwk as jwk
import python_jwt as jwt
from jwcrypto.common import JWException

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Clock, Tokens, imported, serve


def read(key):
    form, value = key.first("jwk", "pem", "jwk_text", "cert_pem")
    if form is None:
        return None
    if form == "jwk":
        return imported(lambda: jwk.JWK(**value))
    if form == "jwk_text":
        return imported(jwk.JWK.from_json, value)
    return imported(jwk.JWK.from_pem, value.encode())


def verify(token, policy):
    key = policy.once("key", lambda: read(policy.key()))
    header, claims = jwt.verify_jwt(token, key, policy.algorithms)
    return claims


def reason(error):
    text = str(error)
    known = [
        ("expired", "expired"),
        ("not yet valid", "not-yet-valid"),
        ("issued in the future", "not-yet-valid"),
        ("claim not present", "missing-claim"),
        ("typ header", "type"),
        ("lgorithm", "algorithm"),
        ("alg header", "algorithm"),
        ("header not implemented", "malformed"),
        ("unknown header", "malformed"),
        ("invalid JWT format", "malformed"),
        ("no key", "key"),
        ("Verification failed", "signature"),
    ]
    return next((why for part, why in known if part in text), "malformed" if isinstance(error, ValueError) else "other")


NAMES = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA".split()

serve(
    name="python-jwt",
    version=version("python-jwt"),
    homepage="https://github.com/davedoesdev/python-jwt",
    issues="https://github.com/davedoesdev/python-jwt/issues",
    tokens=Tokens(verify, [*NAMES, "exp", "nbf", "pem", "jwk"], clock=Clock(jwt)),
    documented=[(JWException, reason), (Exception, reason)],
)

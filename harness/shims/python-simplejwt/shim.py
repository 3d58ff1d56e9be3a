"""Simple JWT for Django REST framework: `UntypedToken(token)`, which asks for no `token_type` of its own, and its `payload`.

The settings of a project are one TokenBackend for each policy: one algorithm, the secret's octets or the public key as PEM text,
and for a key set a client whose download alone is left out. `exp` and `jti` have to be there. Verification is PyJWT's. The clock
is `datetime` as jwt.api_jwt and rest_framework_simplejwt.utils have it.
"""

import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings

APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"]
settings.configure(SECRET_KEY="no token is made here", USE_TZ=True, INSTALLED_APPS=APPS)
django.setup()
# A short key is warned of on stderr, for every token.
warnings.simplefilter("ignore")

import jwt.api_jwt
import rest_framework_simplejwt.utils
from jwt import PyJWKSet
from jwt.exceptions import InvalidKeyError
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.tokens import UntypedToken

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Clock, Tokens, Unsupported, serve


def project(policy):
    """The token class of a project with these settings."""
    if len(policy.algorithms) != 1:
        raise Unsupported((policy.algorithms[1:] or ["defaults"])[0])
    [algorithm] = policy.algorithms
    named = {"leeway": policy.leeway}
    if policy.issuer:
        named["issuer"] = policy.issuer[0]
    if policy.audience:
        named["audience"] = policy.audience[0] if len(policy.audience) == 1 else policy.audience
    symmetric = algorithm.startswith("HS")
    if policy.jwks and symmetric:
        raise Unsupported("jwks")
    if policy.jwks:
        keys = PyJWKSet.from_dict({"keys": [key.first("jwk")[1] for key in policy.keys]})
        backend = TokenBackend(algorithm, jwk_url="https://issuer.example/jwks", **named)
        backend.jwks_client.get_jwk_set = lambda refresh=False: keys
    elif symmetric:
        backend = TokenBackend(algorithm, signing_key=policy.key().first("secret", "pem")[1], **named)
    else:
        backend = TokenBackend(algorithm, verifying_key=policy.key().first("pem")[1], **named)
    return type("ProjectToken", (UntypedToken,), {"_token_backend": backend})


def verify(token, policy):
    return policy.once("project", lambda: project(policy))(token).payload


REASONS = {
    "InvalidSignatureError": "signature",
    "ExpiredSignatureError": "expired",
    "TokenBackendExpiredToken": "expired",
    "ExpiredTokenError": "expired",
    "ImmatureSignatureError": "not-yet-valid",
    "InvalidAudienceError": "audience",
    "InvalidIssuerError": "issuer",
    "InvalidAlgorithmError": "algorithm",
    "InvalidKeyError": "key",
    "PyJWKClientError": "key",
    "InvalidSubjectError": "missing-claim",
    "InvalidIssuedAtError": "missing-claim",
    "InvalidJTIError": "missing-claim",
    "DecodeError": "malformed",
}


def reason(error):
    """Of what PyJWT raised beneath it, if it did."""
    told = str(error)
    while error is not None:
        kind = type(error).__name__
        if "crit" in str(error).lower():
            return "critical"
        if kind == "MissingRequiredClaimError":
            return {"iss": "issuer", "aud": "audience"}.get(error.claim, "missing-claim")
        if kind in REASONS:
            return REASONS[kind]
        error = error.__cause__
    return "missing-claim" if "no id" in told or "no 'exp'" in told else "other"


serve(
    name="simplejwt",
    version=version("djangorestframework-simplejwt"),
    homepage="https://django-rest-framework-simplejwt.readthedocs.io",
    issues="https://github.com/jazzband/djangorestframework-simplejwt/issues",
    tokens=Tokens(
        verify,
        (
            "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA "
            "exp nbf pem jwks secret issuer audience audience-list leeway bytes"
        ).split(),
        clock=Clock(jwt.api_jwt, rest_framework_simplejwt.utils),
    ),
    documented=[(TokenError, reason), (TokenBackendError, reason), (InvalidKeyError, "key")],
)

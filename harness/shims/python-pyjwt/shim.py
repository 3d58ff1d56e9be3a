"""PyJWT: `jwt.decode`, with the key as its documentation gives it: PEM text, a secret's octets, or else a PyJWK.

A key set is a PyJWKClient's, whose download alone is left out: `get_signing_key_from_jwt` chooses, and the key goes to
`jwt.decode`. A certificate is turned into its key as the FAQ shows. Without an allow-list the key is a PyJWK, whose algorithm is
then the only one, or whatever the library takes where it asks for no list. What a release can do is found out by doing it.
A subject that is asked for is required too. The clock is `datetime` as jwt.api_jwt has it.

Variants: `pyjwk` gives every key that has a JWK as PyJWK; `jwk-text` gives a JWK's text as the key where HMAC is allowed with
others; `all-algorithms` passes `get_default_algorithms()` where there is no list; `peek` reads the claims without verification
first, by the options object that then verifies.
"""

import collections
import collections.abc
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

# Old releases import it from where it stood before Python 3.10.
if not hasattr(collections, "Mapping"):
    collections.Mapping = collections.abc.Mapping

import jwt
import jwt.api_jwt
from jwt.algorithms import get_default_algorithms

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Clock, Tokens, Unsupported, serve, variant

try:
    from jwt.api_jwk import PyJWK, PyJWKSet
    from jwt.jwks_client import PyJWKClient
except ImportError:
    PyJWK = PyJWKSet = PyJWKClient = None

# A short key is warned of on stderr, for every token.
warnings.simplefilter("ignore")

VARIANT = variant()
HMAC = {"HS256", "HS384", "HS512"}
OCT = {"kty": "oct", "k": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE", "kid": "probe"}


def does(**asked):
    """Whether this release accepts a genuine token under this."""
    secret = b"01234567890123456789012345678901"
    token = jwt.encode({"iss": "iss", "aud": "aud", "sub": "sub"}, secret, algorithm="HS256")
    try:
        jwt.decode(token, **{"key": secret, "algorithms": ["HS256"], "audience": "aud", **asked})
        return True
    except Exception:
        return False


# Before there was PyJWK in `decode`, its `key` was to be passed.
TAKES_PYJWK = PyJWK is not None and does(key=PyJWK(OCT))
NEEDS_NO_LIST = does(algorithms=None)
PYJWK_IS_A_LIST = TAKES_PYJWK and does(key=PyJWK(OCT), algorithms=None)


def pyjwk(key, policy):
    if PyJWK is None:
        raise Unsupported("jwk")
    # A JWK that names no algorithm is given the only one that is allowed.
    only = policy.algorithms[0] if policy.algorithms and len(policy.algorithms) == 1 else None
    form, jwk = key.first("jwk", "jwk_text")
    named = {"algorithm": only} if only and not (key.jwk or {}).get("alg") else {}
    made = (PyJWK.from_dict if form == "jwk" else PyJWK.from_json)(jwk, **named)
    return made if TAKES_PYJWK else made.key


def certified(pem):
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(pem.encode()).public_key()


def ready(policy):
    """The key and the list, as the application has them from its start."""
    key = policy.key()
    has_jwk = key.jwk is not None or key.jwk_text is not None
    if policy.algorithms is None and not NEEDS_NO_LIST and VARIANT != "all-algorithms":
        if policy.keys and not (has_jwk and PYJWK_IS_A_LIST):
            raise Unsupported("defaults")
        if not policy.keys:
            return "", None
        return pyjwk(key, policy), None
    algorithms = policy.algorithms
    if algorithms is None and VARIANT == "all-algorithms":
        algorithms = list(get_default_algorithms())
    mixed = algorithms is None or HMAC & set(algorithms) and set(algorithms) - HMAC
    if VARIANT == "jwk-text" and key.secret is None and key.jwk_text is not None and mixed:
        return key.jwk_text, algorithms
    if VARIANT == "pyjwk" and has_jwk:
        return pyjwk(key, policy), algorithms
    form, value = key.first("secret", "pem", "jwk", "jwk_text", "cert_pem")
    if form in ("jwk", "jwk_text"):
        value = pyjwk(key, policy)
    elif form == "cert_pem":
        value = certified(value)
    # What `decode` takes for no key is "".
    return "" if form is None else value, algorithms


def listed(policy):
    if policy.algorithms is None and VARIANT == "all-algorithms":
        return list(get_default_algorithms())
    if policy.algorithms is None and not NEEDS_NO_LIST and not PYJWK_IS_A_LIST:
        raise Unsupported("defaults")
    return policy.algorithms


def key_set(policy):
    if PyJWKClient is None:
        raise Unsupported("jwks")
    keys = PyJWKSet.from_dict({"keys": [key.first("jwk")[1] for key in policy.keys]})
    client = PyJWKClient("https://issuer.example/jwks")
    client.get_jwk_set = lambda refresh=False: keys
    return client


def asked(policy):
    """The arguments that the policy's claims ask for."""
    arguments = {"leeway": policy.leeway}
    for name, listed in (("issuer", policy.issuer), ("audience", policy.audience)):
        if listed:
            arguments[name] = listed[0] if len(listed) == 1 else listed
    if policy.subject is not None:
        arguments["subject"] = policy.subject
    # `subject` alone says nothing of a token without `sub`.
    require = policy.required_claims + ([] if policy.subject is None else ["sub"])
    if require:
        arguments["options"] = {"require": require}
    return arguments


def verify(token, policy):
    arguments = policy.once("arguments", lambda: asked(policy))
    if VARIANT == "peek":
        options = {**arguments.get("options", {}), "verify_signature": False}
        jwt.decode(token, options=options)
        options["verify_signature"] = True
        arguments = {**arguments, "options": options}
    if policy.jwks:
        client, algorithms = policy.once("client", lambda: (key_set(policy), listed(policy)))
        key = client.get_signing_key_from_jwt(token)
        key = key if TAKES_PYJWK else key.key
    else:
        key, algorithms = policy.once("key", lambda: ready(policy))
    if algorithms is not None:
        arguments = {**arguments, "algorithms": algorithms}
    return jwt.decode(token, key, **arguments)


def reason(error):
    """One class stands for several reasons in some places; its text tells them apart."""
    text = str(error)
    if "crit" in text.lower():
        return "critical"
    return "missing-claim" if "claim (" in text else "malformed"


def of_claim(name):
    """A claim of another type than its own, or another value."""
    return lambda error: "missing-claim" if "must be" in str(error) or "format" in str(error) else name


def missing(error):
    return {"iss": "issuer", "aud": "audience", "sub": "subject"}.get(error.claim, "missing-claim")


def documented():
    names = [
        ("InvalidSignatureError", "signature"),
        ("ExpiredSignatureError", "expired"),
        ("ExpiredSignature", "expired"),
        ("ImmatureSignatureError", "not-yet-valid"),
        ("InvalidIssuedAtError", "missing-claim"),
        ("InvalidAudienceError", of_claim("audience")),
        ("InvalidIssuerError", of_claim("issuer")),
        ("InvalidSubjectError", of_claim("subject")),
        ("InvalidJTIError", "missing-claim"),
        ("MissingRequiredClaimError", missing),
        ("InvalidAlgorithmError", "algorithm"),
        ("InvalidKeyError", "key"),
        ("PyJWKError", "key"),
        ("PyJWKSetError", "key"),
        ("PyJWKClientError", "key"),
        ("DecodeError", reason),
        ("InvalidTokenError", reason),
        ("PyJWTError", "other"),
    ]
    found = [(getattr(jwt.exceptions, name, None), why) for name, why in names]
    return [(kind, why) for kind, why in found if kind is not None]


OFFERED = set(get_default_algorithms())
NAMES = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519".split()
FEATURES = {
    "exp": True,
    "nbf": True,
    "pem": "RS256" in OFFERED,
    "jwk": PyJWK is not None,
    "jwks": PyJWKClient is not None,
    "secret": True,
    "issuer": True,
    "issuer-list": does(issuer=["other", "iss"]),
    "audience": True,
    "audience-list": does(audience=["other", "aud"]),
    "subject": does(subject="sub"),
    "leeway": True,
    # A release that does not know the option ignores it.
    "required-claims": does(options={"require": ["iss"]}) and not does(options={"require": ["none such"]}),
    "bytes": True,
    "defaults": NEEDS_NO_LIST or PYJWK_IS_A_LIST or VARIANT == "all-algorithms",
}

SUPPORTS = [name for name in NAMES if name in OFFERED] + [name for name in FEATURES if FEATURES[name]]
clock = Clock(jwt.api_jwt)

serve(
    name="pyjwt" + (f"-{VARIANT}" if VARIANT else ""),
    version=version("PyJWT"),
    homepage="https://pyjwt.readthedocs.io",
    issues="https://github.com/jpadilla/pyjwt/issues",
    tokens=Tokens(verify, SUPPORTS, clock=clock),
    documented=documented(),
)

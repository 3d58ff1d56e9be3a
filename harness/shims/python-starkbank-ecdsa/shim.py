"""starkbank-ecdsa: ES256 by hand, as an application does that has no JWT library: `Ecdsa.verify` over a token's first two parts.

The token is read strictly by the shim (`jws` of assay_shim.py), and no claim is looked at; what is under test is the signature
alone, cut into r and s. The key is PEM text.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from ellipticcurve.ecdsa import Ecdsa
from ellipticcurve.publicKey import PublicKey
from ellipticcurve.signature import Signature

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Reject, Tokens, jws, serve


def read(policy):
    try:
        return PublicKey.fromPem(policy.key().first("pem")[1])
    # It raises Exception itself.
    except Exception as error:
        raise Reject("key", f"{type(error).__name__}: {error}") from error


def verify(token, policy):
    claims, signed, signature = jws(token, "ES256")
    key = policy.once("key", lambda: read(policy))
    if len(signature) != 64:
        raise Reject("signature", "no 64 octets")
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    if not Ecdsa.verify(signed, Signature(r, s), key):
        raise Reject("signature", "Ecdsa.verify says no")
    return claims


serve(
    name="starkbank-ecdsa",
    version=version("starkbank-ecdsa"),
    homepage="https://github.com/starkbank/ecdsa-python",
    issues="https://github.com/starkbank/ecdsa-python/issues",
    tokens=Tokens(verify, ["ES256", "pem"]),
)

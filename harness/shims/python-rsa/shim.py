"""rsa: RS256 by hand, as an application does that has no JWT library: `rsa.verify` over the token's first two parts.

The token is read strictly by the shim (`jws` of assay_shim.py), and no claim is looked at; what is under test is the signature
alone. The key is PEM text. `verify` finds the hash by itself and, in later releases, tells which it was: it has to be SHA-256.
"""

import base64
import sys
from importlib.metadata import version
from pathlib import Path

import rsa

# Old releases call it as it was called before Python 3.9.
if not hasattr(base64, "decodestring"):
    base64.decodestring = base64.decodebytes

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Reject, Tokens, imported, jws, serve


def verify(token, policy):
    claims, signed, signature = jws(token, "RS256")
    key = policy.once("key", lambda: imported(rsa.PublicKey.load_pkcs1_openssl_pem, policy.key().first("pem")[1].encode()))
    method = rsa.verify(signed.encode("ascii"), signature, key)
    if isinstance(method, str) and method != "SHA-256":
        raise Reject("signature", f"made with {method}")
    return claims


serve(
    name="py-rsa",
    version=version("rsa"),
    homepage="https://stuvel.eu/rsa",
    issues="https://github.com/sybrenstuvel/python-rsa/issues",
    tokens=Tokens(verify, ["RS256", "pem"]),
    documented=[(rsa.pkcs1.VerificationError, "signature")],
)

"""cryptography's Fernet, and MultiFernet where there are several secrets.

It reads no header: the cookie is found by splitting on "; " and the first "=", and given as text, as web frameworks have it.
`now` is obeyed through decrypt_at_time, and is without effect where there is no `max_age`: Fernet then looks at no time.
"""

import base64
import sys
from importlib.metadata import version
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from assay_shim import Sample, Scheme, plain_value, serve


def fernet(secrets):
    keys = [Fernet(base64.urlsafe_b64encode(secret)) for secret in secrets]
    return keys[0] if len(keys) == 1 else MultiFernet(keys)


def decrypt(lines, cookie):
    value = plain_value(lines[0], cookie.name)
    box = fernet(cookie.secrets)
    if cookie.max_age is None:
        return box.decrypt(value)
    return box.decrypt_at_time(value, ttl=cookie.max_age, current_time=int(cookie.time()))


def made(now):
    new, old = bytes(range(32)), bytes(range(32, 64))
    yield Sample(fernet([new]).encrypt_at_time(b"31d4", now - 60), b"31d4", [new], max_age=120)
    yield Sample(fernet([old]).encrypt_at_time(b"31d4", now - 60), b"31d4", [new, old])


serve(
    name="cryptography",
    version=version("cryptography"),
    homepage="https://cryptography.io",
    issues="https://github.com/pyca/cryptography/issues",
    schemes={"fernet": Scheme(decrypt, made, max_age=True, rotation=True, clock=True)},
    documented=[(InvalidToken, "signature")],
)

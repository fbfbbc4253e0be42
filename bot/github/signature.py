"""The signature of a webhook, over the raw bytes of its body.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256


def sign(body: bytes, secret: bytes) -> str:
    """The header `X-Hub-Signature-256`."""
    return f"sha256={hmac.new(secret, body, sha256).hexdigest()}"


def is_signed(body: bytes, header: str, secrets: Iterable[bytes]) -> bool:
    """True if one of the secrets (two, while they are changed) signs the body so. Whatever the header holds, it never raises:
    compared as bytes, because text that is not ASCII cannot be compared in constant time."""
    given = header.encode("utf-8", "surrogatepass")
    fits = [hmac.compare_digest(sign(body, secret).encode(), given) for secret in secrets if secret]
    return any(fits)

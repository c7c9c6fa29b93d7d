"""Telling another program, signed as the Standard Webhooks specification says, so that libraries
for many languages can check it: https://www.standardwebhooks.com."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from kb.delivery.trust import trust_of, why_untrusted
from kb.errors import DeliveryError
from kb.settings import Settings

_PATIENCE = 20.0  # seconds for each step of the exchange
_ENCODED = "whsec_"  # a secret that begins so is written in base64


def signature(secret: str, job_id: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over `id.timestamp.body`, in base64, behind the version."""
    signed = b".".join((job_id.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(_key(secret), signed, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def send_webhook(settings: Settings, job_id: str, data: Any, now: datetime) -> None:
    """Post `data` as JSON. Raises DeliveryError unless the other side answers with a 2xx."""
    import httpx  # takes a moment to load, and only the sender needs it

    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = int(now.timestamp())
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Lotse",
        "webhook-id": job_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, job_id, timestamp, body),
    }
    try:
        # Not redirected: what is signed for one address goes to no other.
        reply = httpx.post(
            settings.webhook_url or "",
            content=body,
            headers=headers,
            timeout=_PATIENCE,
            verify=trust_of(settings),
        )
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        if why := why_untrusted(error):
            sentence = f"The webhook's certificate is not trusted ({why}); see ca_file."
        else:
            sentence = f"The webhook cannot be reached ({type(error).__name__})."
        raise DeliveryError(sentence) from None
    if not reply.is_success:
        raise DeliveryError(f"The webhook answers {reply.status_code}.")


def _key(secret: str) -> bytes:
    if not secret.startswith(_ENCODED):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
    except ValueError:
        return secret.encode()

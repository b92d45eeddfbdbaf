"""Whether a request bears the signature of somebody who knows a secret of ours.

Standard Webhooks 1.0: webhook-id, webhook-timestamp and webhook-signature, the HMAC-SHA256 of `id.timestamp.body`.
"""

from datetime import UTC, datetime, timedelta

from flask import request

from base.tokens import same, webhook_signature

STALE = timedelta(minutes=5)


def signed(secret: str, body: bytes, machine_now: datetime) -> bool:
    """Whether one of the signatures is of this body, this id and this minute."""
    known, stamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
    if not (known and stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    if abs(machine_now - datetime.fromtimestamp(int(stamp), UTC)) > STALE:
        return False
    ours = webhook_signature(secret, known, stamp, body)
    return any(same(ours, theirs) for theirs in request.headers.get("webhook-signature", "").split())

"""Mail that came back, as a provider or a mail server of one's own posts it: signed, then taken in like any other.

Standard Webhooks 1.0: webhook-id, webhook-timestamp and webhook-signature, the HMAC-SHA256 of `id.timestamp.body`.
"""

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta

from flask import Response, abort, make_response, request
from werkzeug.exceptions import BadRequest

from base.tokens import same, webhook_signature
from capture.door import Door
from emails.intake import Rules, take
from emails.returns import read

LONGEST_BODY = 2 << 20  # bytes: twice what is looked at, as base64 makes a mail longer
STALE = timedelta(minutes=5)


def post(door: Door) -> Response:
    """204 for whatever bears a true signature, so that it tells nothing; 401 without one, 404 where none is awaited.

    The body is the mail as it came in, or JSON with the mail in base64: `{"raw": "..."}`.
    """
    bounces = door.config.mail.bounces
    if bounces.secret is None:
        abort(404)
    request.max_content_length = LONGEST_BODY
    body = request.get_data(cache=False)
    if not _signed(bounces.secret, body, door.clocks.machine()):
        abort(401)
    mail, rules, now = read(_mail(body)), Rules(door.keys.suppression, bounces), door.clocks.moment()
    door.database.write(lambda conn: take(conn, mail, rules, now))
    return make_response("", 204)


def _signed(secret: str, body: bytes, machine_now: datetime) -> bool:
    """Whether one of the signatures is of this body, this id and this minute."""
    known, stamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
    if not (known and stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    if abs(machine_now - datetime.fromtimestamp(int(stamp), UTC)) > STALE:
        return False
    ours = webhook_signature(secret, known, stamp, body)
    return any(same(ours, theirs) for theirs in request.headers.get("webhook-signature", "").split())


def _mail(body: bytes) -> bytes:
    if request.mimetype != "application/json":
        return body
    try:
        return base64.b64decode(json.loads(body)["raw"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise BadRequest('The body is to be {"raw": "..."}, the mail in base64.') from None

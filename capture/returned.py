"""Mail that came back, as a provider or a mail server of one's own posts it: signed, then taken in like any other."""

import base64
import binascii
import json

from flask import Response, abort, make_response, request
from werkzeug.exceptions import BadRequest

from capture.door import Door
from capture.signed import signed
from emails.intake import Rules, take
from emails.returns import read

LONGEST_BODY = 2 << 20  # bytes: twice what is looked at, as base64 makes a mail longer


def post(door: Door) -> Response:
    """204 for whatever bears a true signature, so that it tells nothing; 401 without one, 404 where none is awaited.

    The body is the mail as it came in, or JSON with the mail in base64: `{"raw": "..."}`.
    """
    bounces = door.config.mail.bounces
    if bounces.secret is None:
        abort(404)
    request.max_content_length = LONGEST_BODY
    body = request.get_data(cache=False)
    if not signed(bounces.secret, body, door.clocks.machine()):
        abort(401)
    mail, rules, now = read(_mail(body)), Rules(door.keys.suppression, bounces), door.clocks.moment()
    door.database.write(lambda conn: take(conn, mail, rules, now))
    return make_response("", 204)


def _mail(body: bytes) -> bytes:
    if request.mimetype != "application/json":
        return body
    try:
        return base64.b64decode(json.loads(body)["raw"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise BadRequest('The body is to be {"raw": "..."}, the mail in base64.') from None

"""Data protection at a glance: whose time is up soon, whether the audit chain holds, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request
from sqlalchemy import Connection

from base.translations import msgid
from console.context import draw, say
from console.door import ConsoleDoor
from console.routes import Route
from leads import retention
from leads.identity import load_leads
from reports.audit import newest
from storage.chain import verify

SHOWN = 20  # leads on the list of those who go
ENTRIES = 50
LOOKED_AT = 2_000  # entries that the page proves; `terreau audit verify` proves all
DONE: Mapping[str, str] = {
    "erase": msgid("Erased. A keyed hash of the address stays, so that no list brings it back."),
    "anonymise": msgid("Anonymous now. What happened stays in the figures."),
}
ACTS: Mapping[str, str] = {
    "lead_exported": msgid("data handed out"),
    "lead_corrected": msgid("data put right"),
    "lead_added": msgid("lead added by hand"),
    "outside_id_given": msgid("id of another system noted"),
    "outside_id_taken": msgid("id of another system taken away"),
    "lead_erased": msgid("lead erased"),
    "lead_anonymised": msgid("lead made anonymous"),
    "leads_merged": msgid("two leads made one"),
    "leads_parted": msgid("two leads parted again"),
    "leads_told_apart": msgid("two leads told apart"),
    "leads_exported": msgid("list taken out"),
    "list_taken_in": msgid("list taken in"),
    "staff_came_in": msgid("signed in to the console"),
    "staff_added": msgid("colleague added"),
    "staff_changed": msgid("role changed"),
    "staff_password_given": msgid("new password given"),
    "staff_disabled": msgid("account closed"),
    "staff_enabled": msgid("account opened again"),
    "staff_signed_out": msgid("every browser of somebody signed out"),
    "factor_set": msgid("second factor set up"),
    "factor_removed": msgid("second factor removed"),
    "doubt_settled": msgid("doubt about a mail ended"),
    "mail_sent_again": msgid("mail sent again"),
    "lead_reassigned": msgid("lead given to another rep"),
    "alert_withdrawn": msgid("alert taken back"),
    "hit_judged": msgid("hit judged anew"),
    "absence_noted": msgid("absence noted"),
    "absence_taken_back": msgid("absence taken back"),
}


@dataclass(frozen=True, slots=True)
class Going:
    """A lead whose time is up, as a line of the list."""

    lead_id: int
    name: str
    last_act_at: datetime
    due_at: datetime


def show(door: ConsoleDoor) -> Response:
    with door.database.read() as conn:
        going = _going(conn)
        count = retention.count_announced(conn)
        found = verify(conn, door.keys.suppression, LOOKED_AT)
        entries = newest(conn, ENTRIES)
    return draw(
        "console/protection.html",
        going=going,
        count=count,
        found=found,
        looked_at=LOOKED_AT if found.entries > LOOKED_AT else 0,
        entries=[(one, say(ACTS[one.act]) if one.act in ACTS else one.act) for one in entries],
        terms=door.config.retention,
        done=say(DONE[request.args["done"]]) if request.args.get("done") in DONE else "",
    )


def _going(conn: Connection) -> list[Going]:
    rows = retention.announced(conn, SHOWN)
    known = load_leads(conn, [row.lead_id for row in rows])
    return [Going(row.lead_id, known[row.lead_id].name, row.last_act_at, row.due_at) for row in rows]


ROUTES = (Route("GET", "/data", "data_protection", show),)

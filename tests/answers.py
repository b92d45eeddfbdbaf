"""Hand-offs that sales has answered, written as rows: what reports count, without anybody living through it."""

from datetime import timedelta

from sqlalchemy import func, insert, select

from storage.schema import hand_offs, leads, standings

DAY = "2026-10-01"


def write_answers(conn, release_id, at, *, rule, accepted=0, rejected=0, source="organic"):
    """So many leads with points of `rule` from before, and what sales said of them; their numbers follow the last."""
    first = (conn.scalar(select(func.max(leads.c.id))) or 0) + 1
    for number in range(first, first + accepted + rejected):
        lead = {"id": number, "status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound"}
        conn.execute(insert(leads).values(**lead, source=source, created_at=at))
        standing = {
            "lead_id": number, "stage": "iql", "stage_since": at, "cycle": 1, "engagement": 0, "fit": 0,
            "temperature": "cold", "interests": {}, "segments": [], "buckets": {rule: {DAY: 15_000}}, "verdict_seq": 0,
            "human_seq": 0, "as_of": at, "source": source, "release_id": release_id,
        }  # fmt: skip
        conn.execute(insert(standings).values(standing))
        hand_off = {
            "lead_id": number, "cycle": 1, "stage": "mql", "owner": "nadia", "token": f"t{number}", "brief": {},
            "opened_at": at, "verdict": "accepted" if number < first + accepted else "rejected",
            "verdict_at": at + timedelta(hours=1), "event_seq": 1, "release_id": release_id,
        }  # fmt: skip
        conn.execute(insert(hand_offs).values(hand_off))

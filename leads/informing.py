"""Mail to addresses at work, on the ground of information: told of at collection, unless its reader objects.

What French law allows (CNIL, prospecting of professionals): an address at work may be written to about its reader's
profession without an earlier yes, where the form says so and lets them object, and each mail does. It proves nobody's
mailbox, and it never outweighs a no.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from base.clock import Moment
from leads import consent, consenting, strictness
from leads.answering import ObjectionAnswer, in_force, newly_told


def tell(
    conn: Connection,
    lead_id: int,
    answers: Sequence[ObjectionAnswer],
    *,
    at_work: bool,
    form: str,
    locale: str,
    proof: Mapping[str, Any],
    now: Moment,
) -> tuple[str, ...]:
    """Note what the form told of, and what was objected to; `at_work`: whether the address allows it without a yes.

    Returns the topics that are news and that mail may come to be about. Call it under the lead's wake.
    """
    if not answers:
        return ()
    said = consent.last_said(conn, lead_id, [answer.topic for answer in answers])
    held = {topic: in_force(row.state, row.proof) for topic, row in said.items()}
    waiting = {topic: row for topic, row in said.items() if row.state == "asked"}
    held |= dict.fromkeys(strictness.withdrawn_by_others(conn, [lead_id]).get(lead_id, ()), "withdrawn")
    told: list[str] = []
    for answer in answers:
        new = newly_told(held, answer, at_work=at_work, left=lambda: consent.has_left(conn, lead_id))
        if new == "withdrawn":
            _object(conn, lead_id, answer, answer.topic in held, form=form, locale=locale, proof=proof, now=now)
        elif new:
            wording = answer.wording if new == "informed" else answer.choice
            kept = {**proof, "choice": answer.choice} if new == "informed" else proof
            consenting.enter(conn, lead_id, answer.topic, new, wording, form=form, locale=locale, proof=kept, now=now)
            if answer.topic in waiting:
                consenting.go_on_asking(conn, waiting[answer.topic], new, now)
            told.append(answer.topic)
    return tuple(told)


def _object(
    conn: Connection,
    lead_id: int,
    answer: ObjectionAnswer,
    known: bool,
    *,
    form: str,
    locale: str,
    proof: Mapping[str, Any],
    now: Moment,
) -> None:
    """A no to what was agreed to or told of before is a farewell; a first word that is a no is only noted."""
    topic, wording = answer.topic, answer.wording
    if known:
        wordings = {topic: wording}
        consenting.withdraw(conn, lead_id, [topic], locale=locale, proof=proof, now=now, wordings=wordings, form=form)
    else:
        consenting.enter(conn, lead_id, topic, "withdrawn", wording, form=form, locale=locale, proof=proof, now=now)

"""A lead given to another rep: what waits goes along, the new rep is told once, in their language, and why."""

from functools import partial

import pytest
from sqlalchemy import select

from leads import merging
from sales import links, notebook
from sales.notebook import Author
from sales.reassigning import Office, UnknownRep, reassign
from sales.routing import Routed
from sales.verdicts import Verdict, answer
from storage.schema import audit, events, hand_offs, leads, messages, standings, tasks

ADMIN = Author("Chloé Petit", None, 1)
NADIA = Author("Nadia Ferreira", "nadia")
STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}


@pytest.fixture
def office(lively):
    return Office(lively.releases.in_force(), "Europe/Paris", "https://lumen.example", "key of the audit chain")


@pytest.fixture
def ada(lively):
    """Ada has raised a hand; the form promises nadia."""
    return lively.submits("ada", "demo", phone="+33639981234", need="A room", **STUDIO)


def give(lively, office, lead_id, rep, reason="Parle mieux d'ateliers", author=ADMIN):
    job = partial(reassign, lead_id=lead_id, rep=rep, reason=reason, author=author, office=office,
                  now=lively.clocks.moment())  # fmt: skip
    return lively.database.write(job)


def rows(lively, table, *where):
    with lively.database.read() as conn:
        return conn.execute(select(table).where(*where).order_by(*table.primary_key.columns)).all()


def told(lively, rep):
    return [row.email for row in rows(lively, messages, messages.c.recipient == f"{rep}@atelier-lumen.example")]


def test_the_lead_its_open_alert_and_the_brief_go_to_the_new_rep_who_is_alerted_once(lively, office, ada):
    before = rows(lively, hand_offs)[0]
    assert before.owner == "nadia"
    assert give(lively, office, ada, "karim")
    assert not give(lively, office, ada, "karim"), "that is no news"
    after = rows(lively, hand_offs)[0]
    assert (after.owner, after.brief["owner"], rows(lively, leads)[0].owner) == ("karim", "karim", "karim")
    assert rows(lively, standings)[0].owner == "karim"
    assert told(lively, "karim") == ["alert"]
    assert (after.answer_by, after.opened_at) == (before.answer_by, before.opened_at), "the promise stays"
    routed = Routed.read(after.routed)
    assert (routed.by, routed.author, routed.reason) == ("assigned", "Chloé Petit", "Parle mieux d'ateliers")
    mail = rows(lively, messages, messages.c.recipient == "karim@atelier-lumen.example")[0]
    assert f"/v/{after.token}" in mail.context["accept_url"]
    assert "Parle mieux d" in mail.context["owner_why"]
    lively.works()


def test_what_waits_and_what_is_to_do_of_a_lead_who_was_merged_goes_along(lively, office, ada):
    """Ada filled in a form under another address: she is one lead now, and both asked for sales."""
    other = lively.submits("ada.moreau", "demo", phone="+33639985678", need="A hall", **STUDIO)
    now = lively.clocks.moment()
    for lead_id in (ada, other):
        task = partial(notebook.add_task, title="Call", due_at=None, owner="nadia", author=ADMIN, now=now)
        lively.database.write(partial(task, lead_id=lead_id))
    lively.works()
    lively.database.write(lambda conn: merging.merge(conn, ada, other, office.site, now) and None)
    assert give(lively, office, ada, "karim")
    assert [row.owner for row in rows(lively, tasks)] == ["karim", "karim"]
    assert [row.owner for row in rows(lively, hand_offs)] == ["karim", "karim"]
    with lively.database.read() as conn:
        assert [links.opened(conn, row.token).rep for row in rows(lively, hand_offs)] == ["karim", "karim"]


def test_it_stands_in_the_story_and_in_the_audit_chain_with_the_reason(lively, office, ada):
    give(lively, office, ada, "karim")
    [event] = rows(lively, events, events.c.name == "lead_assigned")
    assert (event.subject, event.data["staff"], event.data["reason"]) == (
        "karim",
        "Chloé Petit",
        "Parle mieux d'ateliers",
    )
    assert [row.act for row in rows(lively, audit)] == ["lead_reassigned"]


def test_the_page_of_whoever_had_it_has_ended_and_each_page_knows_who_answers(lively, office, ada):
    old = rows(lively, hand_offs)[0].token
    give(lively, office, ada, "karim")
    new = rows(lively, hand_offs)[0].token
    with lively.database.read() as conn:
        assert (links.opened(conn, old).rep, links.opened(conn, old).ended) == ("nadia", True)
        assert (links.opened(conn, new).rep, links.opened(conn, new).ended) == ("karim", False)
        assert links.opened(conn, "nobody's") is None


def test_back_and_forth_each_turn_is_told_and_no_alert_twice(lively, office, ada):
    for rep in ("karim", "nadia", "karim"):
        lively.later(minutes=1)
        give(lively, office, ada, rep)
        lively.works()
    assert told(lively, "nadia") == ["alert", "notify"]
    assert told(lively, "karim") == ["alert", "notify"]


def test_whoever_takes_a_lead_for_themselves_is_told_nothing(lively, office, ada):
    give(lively, office, ada, "karim")
    give(lively, office, ada, "nadia", author=NADIA)
    assert told(lively, "nadia") == ["alert"]
    assert rows(lively, hand_offs)[0].owner == "nadia"


def test_an_answered_lead_is_told_of_in_a_line(lively, office, ada):
    hand_off = rows(lively, hand_offs)[0]
    now = lively.clocks.moment()
    lively.database.write(lambda conn: answer(conn, hand_off.id, Verdict("accepted"), NADIA, now))
    lively.works()
    give(lively, office, ada, "karim")
    [mail] = rows(lively, messages, messages.c.recipient == "karim@atelier-lumen.example")
    assert mail.email == "notify"
    assert mail.context["lead_url"].endswith(f"/console/leads/{ada}")
    assert "Parle mieux d" in mail.context["text"]
    assert rows(lively, hand_offs)[0].owner == "nadia", "what is answered stays whose it was"


def test_given_to_nobody_it_waits_where_it_is(lively, office, ada):
    assert give(lively, office, ada, None)
    assert rows(lively, leads)[0].owner is None
    assert rows(lively, hand_offs)[0].owner == "nadia"


def test_an_unknown_rep_is_refused_and_nothing_is_changed(lively, office, ada):
    with pytest.raises(UnknownRep):
        give(lively, office, ada, "somebody")
    assert rows(lively, leads)[0].owner == "nadia"
    assert rows(lively, audit) == []

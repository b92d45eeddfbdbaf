"""`terreau unknown`: what is in doubt is told with all that is known, and ended by a person's word, one or many."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from storage.schema import events, messages, obstacles
from tests.arranging import lived_once
from tests.terreau.living import terreau

SINCE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WHY = "nobody knows whether it arrived: no reply in time (a letter of 4312 bytes)"


@pytest.fixture
@lived_once
def unsure(lively, database, content):
    """The mails of three people, all in doubt."""
    for who in ("ada", "bob", "chloe"):
        lively.submits(who)
    doubt = {"state": "unknown", "reason": WHY, "in_data_at": SINCE, "due_at": SINCE, "message_id": "<x@lumen.example>"}
    database.write(lambda conn: conn.execute(update(messages).values(doubt)) and None)
    with database.read() as conn:
        return sorted(conn.scalars(select(messages.c.id)))


def states(database):
    with database.read() as conn:
        return sorted(conn.scalars(select(messages.c.state)))


def decided(database):
    with database.read() as conn:
        rows = conn.execute(select(events.c.name, events.c.data).order_by(events.c.lead_id, events.c.seq)).all()
    return [(row.name, row.data) for row in rows if row.name.startswith(("mail.retried", "mail.settled"))]


def test_nothing_in_doubt_is_said_in_a_sentence(content):
    assert terreau("unknown").output == "Nothing is in doubt: the server's word is known for every mail.\n"
    assert json.loads(terreau("unknown", "--json").output) == []
    refused = terreau("unknown", "settle", "--all", "--as", "delivered")
    assert (refused.exit_code, "Nothing is in doubt" in refused.output) == (1, True)


def test_each_doubt_is_told_with_all_that_is_known(unsure):
    told = terreau("unknown").output
    for said in (
        "nobody knows whether it arrived: no reply in time, of a mail of 4,312 bytes",
            "begun 2026-11-02 10:00:00 by", "<x@lumen.example>", "evidence: none yet: no click, no bounce",
        "2026-11-02 10:00: it is then taken as delivered, unless somebody says more",
        f"{len(unsure)} mails in doubt.",
    ):  # fmt: skip
        assert said in told
    first = json.loads(terreau("unknown", "--json").output)[0]
    assert (first["id"], first["since"], first["evidence"], first["ends_as"]) == (
        unsure[0], "2026-11-02T09:00:00Z", [], "delivered",
    )  # fmt: skip


def test_french_parts_what_is_known_of_a_doubt_as_it_is_printed(unsure):
    told = terreau("unknown", "--lang", "fr").output
    assert " ; <x@lumen.example>" in told
    assert ";" not in told.replace(" ;", "")


def test_one_is_ended_at_once_and_the_lead_remembers_by_whom(unsure, database):
    said = terreau("unknown", "settle", str(unsure[0]), "--as", "delivered", "--author", "Chloé").output
    assert said.startswith("1 mail taken as delivered")
    assert states(database).count("settled_delivered") == 1
    [(name, data)] = decided(database)
    assert (name, data["reason"]) == ("mail.settled_delivered", "Chloé takes it as delivered")


@pytest.mark.parametrize(("answer", "ended"), [("n\n", False), ("y\n", True)])
def test_many_are_shown_first_and_asked_about(unsure, database, answer, ended):
    said = terreau("unknown", "settle", "--all", "--as", "again", answer=answer)
    assert f"{len(unsure)} mails would be sent again" in said.output
    assert "the person may get two" in said.output
    assert set(states(database)) == ({"due"} if ended else {"unknown"})
    assert len(decided(database)) == (len(unsure) if ended else 0)


def test_who_is_sure_is_not_asked(unsure, database):
    ids = [str(id) for id in unsure[:2]]
    assert "2 mails taken as lost" in terreau("unknown", "settle", *ids, "--as", "dropped", "--yes").output
    assert states(database).count("settled_dropped") == 2


@pytest.mark.parametrize("words", [(), ("1", "--all")])
def test_it_is_said_which_ones(content, words):
    assert terreau("unknown", "settle", *words, "--as", "dropped").exit_code == 2
    assert "None of these is in doubt" in terreau("unknown", "settle", "404", "--as", "dropped").output


def test_what_mail_waits_for_is_told_by_the_doctor(content, database):
    row = {"stopped": False, "reason": "450 busy", "since": SINCE, "until": SINCE}
    rows = [{**row, "name": "busy.example"}, {**row, "name": "*", "stopped": True, "reason": "no STARTTLS"}]
    database.write(lambda conn: conn.execute(obstacles.insert(), rows) and None)
    told = {one["sentence"]: one["state"] for one in json.loads(terreau("doctor", "--json").output)}
    assert told["mail is stopped since 2 November 2026, 10:00: no STARTTLS"] == "wrong"
    assert told["mail for busy.example waits until 2 November 2026, 10:00: 450 busy"] == "doubt"

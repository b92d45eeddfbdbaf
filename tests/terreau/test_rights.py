"""`terreau rights`, `leads` and `audit`: planned first, done with --yes, entered in the chain, told in sentences."""

import json
import os
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from base.clock import system_clocks
from base.config import load_config
from leads import consent, hit_log, judging
from leads.hit_log import Met
from storage.schema import (
    audit,
    calendars,
    consents,
    departures,
    enrolments,
    events,
    hits,
    leads,
    messages,
    notes,
    standings,
    submissions,
    suppressions,
    wakes,
)
from tests.terreau.living import terreau


@pytest.fixture
def ada(lively, content):
    return lively.submits("ada", last_name="Lovelace", team="1-5")


def told(*words):
    answer = terreau(*words)
    assert answer.exit_code == 0, answer.output
    return answer.output


def count(database, table, lead_id):
    with database.read() as conn:
        return conn.execute(select(func.count()).select_from(table).where(table.c.lead_id == lead_id)).scalar_one()


def lead(database, lead_id):
    with database.read() as conn:
        return conn.execute(select(leads).where(leads.c.id == lead_id)).one_or_none()


# ---------------------------------------------------------------- handed out


def test_an_export_holds_every_table_of_the_lead_and_no_secret(ada, lively, database):
    found = json.loads(told("rights", "export", "ada@lumen.example"))
    assert found["tables"]["leads"][0]["last_name"] == "Lovelace"
    assert {"leads", "events", "submissions", "messages", "enrolments", "standings"} <= {*found["tables"]}
    with database.read() as conn:
        secrets = [*conn.scalars(select(messages.c.token)), *conn.scalars(select(submissions.c.idempotency_key))]
    assert not [secret for secret in secrets if secret in json.dumps(found)]
    assert json.loads(told("audit", "list").splitlines()[0])["act"] == "lead_exported"


def test_the_page_for_the_person_is_in_their_language_and_escapes_what_they_wrote(lively, content, tmp_path):
    lively.submits("eve", last_name="<script>alert(1)</script>")
    said = told("rights", "export", "eve@lumen.example", "--out", str(tmp_path / "eve.html"))
    page = (tmp_path / "eve.html").read_text()
    assert "readable by you alone" in said
    assert (tmp_path / "eve.html").stat().st_mode & 0o777 == 0o600
    assert "Vos données chez" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_nobody_of_that_name_is_said_in_a_sentence(content, lively):
    refused = terreau("rights", "erase", "nobody@lumen.example")
    assert (refused.exit_code, "nobody is known" in refused.output) == (1, True)


# ---------------------------------------------------------------- erased


def test_an_erasure_is_planned_first_and_done_only_with_yes(ada, database):
    said = told("rights", "erase", str(ada))
    assert "ada@lumen.example" in said
    assert "Nothing was changed" in said
    assert lead(database, ada) is not None
    assert "Done." in told("rights", "erase", str(ada), "--yes")
    assert lead(database, ada) is None
    assert "The chain holds" in told("audit", "verify")


def test_who_was_erased_begins_anew_by_a_form(ada, lively, database):
    told("rights", "erase", str(ada), "--yes")
    again = lively.submits("ada")
    assert lead(database, again).last_name is None
    assert count(database, submissions, again) == 1


def test_the_engine_and_the_outbox_go_on_as_if_nothing_were(ada, lively, database):
    told("rights", "erase", str(ada), "--yes")
    lively.later(days=20)
    other = lively.submits("bob")
    assert count(database, events, other) > 0


def test_anonymising_by_command_keeps_the_figures(ada, database):
    events_before = count(database, events, ada)
    told("rights", "anonymise", str(ada), "--yes")
    assert lead(database, ada).email is None
    assert count(database, events, ada) == events_before


def test_a_list_replayed_erases_again(ada, lively, database, tmp_path):
    told("rights", "erase", str(ada), "--yes")
    again = lively.submits("ada")
    database.write(
        lambda conn: (
            conn.execute(
                update(leads)
                .where(leads.c.id == again)
                .values(created_at=lively.clocks.calendar_now - timedelta(days=9))
            )
            and None
        )
    )
    assert told("rights", "replay") == "Erased again: 1.\n"
    refused = terreau("rights", "replay", str(tmp_path / "nothing"))
    assert (refused.exit_code, "is not there" in refused.output) == (1, True)


# ---------------------------------------------------------------- put right


def test_a_correction_changes_what_was_named_and_is_found_by_its_new_words(ada, database):
    assert told("rights", "correct", str(ada), "last_name=Byron", "team=6-20") == "Put right: last_name, team.\n"
    row = lead(database, ada)
    assert (row.last_name, row.fields["team"], row.first_name) == ("Byron", "6-20", "Ada")
    assert told("rights", "correct", str(ada), "last_name=Byron") == "It said so already: nothing was changed.\n"


def test_another_address_is_asked_for_consent_anew(ada, lively, database):
    lively.agrees(ada, "conseils-3d")
    told("rights", "correct", str(ada), "email=Ada@Byron.example")
    with database.read() as conn:
        newest = conn.execute(
            select(consents.c.state).where(consents.c.lead_id == ada).order_by(consents.c.id.desc()).limit(1)
        )
        assert newest.scalar_one() == "asked"
    assert lead(database, ada).email == "ada@byron.example"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("email=bob@lumen.example", "merge the two instead"),
        ("email=nothing", "nothing that can be reached"),
        ("email=", "erase the lead instead"),
        ("shoe_size=44", "No form asks for shoe_size"),
        ("last_name=" + "x" * 201, "at most 200 signs"),
    ],
)
def test_what_cannot_be_right_is_refused(ada, lively, database, value, why):
    lively.submits("bob")
    refused = terreau("rights", "correct", str(ada), value)
    assert (refused.exit_code, why in refused.output) == (1, True), refused.output
    assert lead(database, ada).email == "ada@lumen.example"


# ---------------------------------------------------------------- merged


@pytest.fixture
def two(lively, content):
    """The same woman twice: each filled in the guide's form, and something of her own between."""
    first = lively.submits("ada", phone="+33612345678")
    lively.later(hours=1)
    second = lively.submits("lovelace", last_name="Lovelace")
    lively.later(hours=1)
    lively.does(first, "page_seen", "guide-3d")
    lively.does(second, "page_seen", "guide-3d")
    return first, second


def test_a_merge_is_planned_first(two, database):
    said = told("leads", "merge", str(two[0]), str(two[1]))
    assert "last_name: empty until now, then Lovelace" in said
    assert "email: ada@lumen.example stays, lovelace@lumen.example is left" in said
    assert "It cannot be undone" in said
    assert lead(database, two[1]).merged_into is None


def test_a_merge_loses_nothing_and_keeps_the_order(two, lively, database):
    kept, gone = two
    before = count(database, events, kept) + count(database, events, gone)
    sent = count(database, submissions, kept) + count(database, submissions, gone)
    told("leads", "merge", str(kept), str(gone), "--yes")
    with database.read() as conn:
        rows = conn.execute(select(events).where(events.c.lead_id == kept).order_by(events.c.seq)).all()
        cited = {
            row.event_seq: row.form for row in conn.execute(select(submissions).where(submissions.c.lead_id == kept))
        }
        wake = conn.execute(select(wakes).where(wakes.c.lead_id == kept)).one()
    assert [row.seq for row in rows] == [*range(1, before + 2)]
    assert [row.recorded_at for row in rows] == sorted(row.recorded_at for row in rows)
    assert rows[-1].name == "leads_merged"
    assert wake.seq == len(rows)
    assert len(cited) == sent
    assert all(rows[seq - 1].name == "form_submitted" for seq in cited)
    assert count(database, events, gone) == 0
    assert lead(database, gone).merged_into == kept
    assert lead(database, kept).last_name == "Lovelace"
    lively.works()
    assert "The chain holds" in told("audit", "verify")


def test_a_hit_still_belongs_to_its_event_after_a_merge(two, lively, database):
    kept, gone = two
    for lead_id in (gone, kept):
        met = Met(lead_id, "click", "1", name="link_clicked", subject=f"of {lead_id}")
        database.write(lambda conn, met=met: hit_log.note(conn, met, lively.clocks.moment(), touched=True) and None)
    told("leads", "merge", str(kept), str(gone), "--yes")
    database.write(lambda conn: judging.settle(conn, lively.clocks.moment()) and None)
    with database.read() as conn:
        story = conn.execute(select(events).where(events.c.lead_id == kept)).all()
        named = {row.seq: (row.name, row.subject) for row in story}
        cited = [
            (named[row.event_seq], named[row.confirmed_seq]) for row in conn.execute(select(hits).order_by(hits.c.id))
        ]
    assert cited == [
        (("link_clicked", f"of {lead_id}"), ("hit_confirmed", f"of {lead_id}")) for lead_id in (gone, kept)
    ]


def test_the_score_is_the_one_of_both_histories(two, lively, database):
    kept, gone = two
    told("leads", "merge", str(kept), str(gone), "--yes")
    lively.works()
    explained = json.loads(told("explain", str(kept), "--json"))
    with database.read() as conn:
        stood = conn.execute(select(standings).where(standings.c.lead_id == kept)).one()
        assert conn.execute(select(standings).where(standings.c.lead_id == gone)).one_or_none() is None
    assert stood.engagement > 0
    assert explained["lead"] == kept


def test_nobody_is_twice_in_a_sequence_after_a_merge(two, lively, database):
    kept, gone = two
    told("leads", "merge", str(kept), str(gone), "--yes")
    lively.later(days=30)
    with database.read() as conn:
        inside = conn.execute(
            select(enrolments.c.sequence, func.count())
            .where(enrolments.c.lead_id == kept, enrolments.c.state == "active")
            .group_by(enrolments.c.sequence)
        ).all()
    assert [row for row in inside if row[1] > 1] == []


@pytest.mark.parametrize(
    ("ours", "theirs", "then"),
    [
        ("granted", "withdrawn", "withdrawn"),
        ("withdrawn", "granted", "withdrawn"),
        (None, "granted", "asked"),
        ("granted", None, "granted"),
        ("granted", "asked", "granted"),
    ],
)
def test_the_strictest_consent_wins(two, lively, database, ours, theirs, then):
    now = lively.clocks.moment()

    def says(conn):
        for lead_id, state in zip(two, (ours, theirs), strict=True):
            if state in ("granted", "withdrawn"):
                consent.grant(conn, lead_id, ["conseils-3d"], locale="fr", proof={}, now=now)
            if state == "withdrawn":
                consent.withdraw(conn, lead_id, ["conseils-3d"], locale="fr", proof={}, now=now)

    database.write(says)
    lively.works()
    told("leads", "merge", str(two[0]), str(two[1]), "--yes")
    with database.read() as conn:
        newest = select(consents.c.state).where(consents.c.lead_id == two[0], consents.c.topic == "conseils-3d")
        assert conn.scalars(newest.order_by(consents.c.id.desc())).first() == then


def test_a_farewell_of_either_address_holds_for_both(two, lively, database):
    key = load_config(None, os.environ).keys().suppression  # which the commands made on their first use here
    gone = consent.address_hash(key, "lovelace@lumen.example")
    database.write(lambda conn: consent.suppress(conn, gone, "marketing", "unsubscribed", lively.clocks.machine()))
    told("leads", "merge", str(two[0]), str(two[1]), "--yes")
    kept = consent.address_hash(key, "ada@lumen.example")
    with database.read() as conn:
        assert consent.suppressed(conn, [kept]) == {kept: {"marketing"}}


def test_a_form_with_the_address_of_before_finds_the_one_lead(two, lively):
    told("leads", "merge", str(two[0]), str(two[1]), "--yes")
    assert lively.submits("lovelace") == two[0]


def test_who_is_one_already_cannot_be_merged(two):
    told("leads", "merge", str(two[0]), str(two[1]), "--yes")
    refused = terreau("leads", "merge", str(two[0]), str(two[1]))
    assert (refused.exit_code, "one lead already" in refused.output) == (1, True)


# ---------------------------------------------------------------- kept no longer than needed


def test_retention_says_who_then_announces_then_lets_go(ada, lively, database):
    lively.clocks.advance(timedelta(days=3 * 365 - 10))
    _at(database, lively)
    assert "lead: 1" in told("rights", "retention", "--dry-run")
    assert count(database, departures, ada) == 0
    assert "Announced now: 1. Let go now (anonymise): 0." in told("rights", "retention")
    lively.clocks.advance(timedelta(days=31))
    _at(database, lively)
    assert "Let go now (anonymise): 1." in told("rights", "retention")
    assert lead(database, ada).email is None


def test_an_act_of_their_own_begins_their_time_anew_and_an_opened_mail_does_not(ada, lively, database):
    bob = lively.submits("bob")
    lively.clocks.advance(timedelta(days=3 * 365 - 10))
    _at(database, lively)
    told("rights", "retention")
    lively.does(ada, "page_seen", "guide-3d")
    lively.does(bob, "mail_opened", "conseils-3d/bienvenue")
    lively.clocks.advance(timedelta(days=31))
    _at(database, lively)
    told("rights", "retention")
    assert (lead(database, ada).email, lead(database, bob).email) == ("ada@lumen.example", None)


def test_after_a_long_silence_no_more_marketing_until_they_say_so(ada, lively, database, monkeypatch):
    monkeypatch.setenv("TERREAU__RETENTION__SUNSET_MONTHS", "6")
    monkeypatch.setenv("TERREAU__RETENTION__SUNSET_MAILS", "1")
    lively.clocks.advance(timedelta(days=1))
    sent = {"klass": "marketing", "state": "sent", "sent_at": lively.clocks.calendar_now}
    database.write(lambda conn: conn.execute(update(messages).where(messages.c.lead_id == ada).values(sent)) and None)
    lively.clocks.advance(timedelta(days=200))
    _at(database, lively)
    assert "after a long silence: 1" in told("rights", "retention")
    with database.read() as conn:
        assert list(conn.scalars(select(suppressions.c.reason))) == ["sunset"]


def _at(database, lively):
    """Let the commands see the calendar of the test."""
    machine = system_clocks().machine()

    def declare(conn):
        conn.execute(calendars.delete())
        row = {"id": 1, "anchor": lively.clocks.calendar_now, "machine_anchor": machine, "rate": 1}
        conn.execute(insert(calendars).values(row))

    database.write(declare)


# ---------------------------------------------------------------- told


def test_the_register_is_made_of_what_is_in_force(lively, content, monkeypatch):
    said = told("rights", "register")
    assert "## Form: Ask for a slot" in said
    assert "consent (article 6.1.a)" in said
    assert "leads 36 months" in said
    monkeypatch.setenv("TERREAU__RETENTION__LEAD_MONTHS", "0")
    monkeypatch.setenv(
        "TERREAU__WEBHOOKS", '[{"name": "crm", "url": "https://crm.lumen.example/in", "secret": "0123456789abcdef"}]'
    )
    french = told("rights", "register", "--lang", "fr")
    assert "Registre des traitements" in french
    assert "leads sans limite" in french
    assert "crm (crm.lumen.example)" in french
    found = json.loads(told("rights", "register", "--json"))
    assert all({"data", "purpose", "basis", "kept", "receivers"} <= {*one} for one in found["processing"])


def test_a_chain_that_somebody_changed_is_told_with_exit_code_1(ada, database):
    told("rights", "export", str(ada))
    database.write(lambda conn: conn.execute(update(audit).values(act="nothing_at_all")) and None)
    broken = terreau("audit", "verify")
    assert (broken.exit_code, "Entry 1 was changed." in broken.output) == (1, True)


def test_a_note_of_both_is_kept_after_a_merge(two, database, lively):
    row = {"author": "Nadia", "text": "to be called back", "at": lively.clocks.calendar_now}
    database.write(lambda conn: conn.execute(insert(notes).values(lead_id=two[1], **row)) and None)
    told("leads", "merge", str(two[0]), str(two[1]), "--yes")
    assert count(database, notes, two[0]) == 1

"""`terreau rights`, `leads` and `audit`: planned first, done with --yes, entered in the chain, told in sentences."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from base.clock import system_clocks
from base.settings import Retention
from leads import merging, retention
from storage.schema import (
    audit,
    calendars,
    consents,
    departures,
    events,
    leads,
    messages,
    standings,
    submissions,
    suppressions,
)
from tests.arranging import lived_once
from tests.terreau.living import terreau


@pytest.fixture
@lived_once
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


def test_somebodys_data_are_written_over_a_file_that_is_there_only_when_told_to(lively, content, tmp_path):
    lively.submits("eve")
    (tmp_path / "eve.json").write_text("mine")
    refused = terreau("rights", "export", "eve@lumen.example", "--out", "eve.json")
    assert refused.exit_code == 1
    assert "eve.json is there already: name another one, or add --overwrite" in refused.output
    assert (tmp_path / "eve.json").read_text() == "mine"
    assert told("audit", "list") == "", "nothing was handed out"
    told("rights", "export", "eve@lumen.example", "--out", "eve.json", "--overwrite")
    assert "eve@lumen.example" in (tmp_path / "eve.json").read_text()


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
        ("email=nothing", "email: “nothing” cannot be reached; write it like ada@example.org."),
        ("phone=12", "phone: “12” cannot be reached; write it like +33 6 12 34 56 78."),
        ("email=", "erase the lead instead"),
        ("shoe_size=44", "No form asks for shoe_size"),
        ("last_name=" + "x" * 201, "at most 200 characters"),
    ],
)
def test_what_cannot_be_right_is_refused(ada, lively, database, value, why):
    lively.submits("bob")
    refused = terreau("rights", "correct", str(ada), value)
    assert (refused.exit_code, why in refused.output) == (1, True), refused.output
    assert lead(database, ada).email == "ada@lumen.example"


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


def test_whoever_stands_where_a_won_deal_leads_is_a_customer_whatever_the_stage_is_called(lively, database, site):
    ada, bob, eve = (lively.submits(who) for who in ("ada", "bob", "eve"))
    stages = {ada: "customer", bob: "client", eve: site.definitions.stages[0].id}
    for lead_id, stage in stages.items():
        stands = update(standings).where(standings.c.lead_id == lead_id).values(stage=stage)
        database.write(lambda conn, stands=stands: conn.execute(stands).rowcount)
    now = lively.clocks.calendar_now + timedelta(days=5 * 365)
    with database.read() as conn:
        found = retention.look(conn, Retention(customer_months=60), {"client", "kept"}, 1, now)
    assert [(one.lead_id, one.klass) for one in found.departing] == [(ada, "lead"), (bob, "customer"), (eve, "lead")]


def test_the_release_in_force_says_who_has_bought(ada, lively, database):
    stands = update(standings).where(standings.c.lead_id == ada).values(stage="customer")
    database.write(lambda conn: conn.execute(stands).rowcount)
    lively.clocks.advance(timedelta(days=11 * 365))
    _at(database, lively)
    assert "customer: 1" in told("rights", "retention", "--dry-run")


def test_an_act_of_one_of_two_who_are_one_keeps_both(lively, database):
    ada, bob, eve = (lively.submits(who) for who in ("ada", "bob", "eve"))
    site, now = lively.releases.in_force(), lively.clocks.moment()
    database.write(lambda conn: merging.merge(conn, ada, bob, site, now))
    lively.works()
    terms, times = Retention(lead_months=12, notice_days=30), [lively.clocks.calendar_now + timedelta(days=360)]

    def departing():
        with database.read() as conn:
            return [one.lead_id for one in retention.look(conn, terms, (), 1, times[-1]).departing]

    assert departing() == [ada, eve]
    with database.read() as conn:
        found = retention.look(conn, terms, (), 1, times[-1])
    database.write(lambda conn: retention.announce(conn, found, times[-1]))
    lively.clocks.advance(timedelta(days=200))
    lively.does(bob, "page_seen", "guide-3d")
    assert departing() == [eve]
    assert database.write(retention.strike_off) == 1
    assert [count(database, departures, one) for one in (ada, eve)] == [0, 1]


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


def test_before_marketing_ends_they_are_asked_once_and_have_the_notice_to_answer(ada, lively, database, monkeypatch):
    for name, value in (("MONTHS", "6"), ("MAILS", "1"), ("NOTICE_DAYS", "30")):
        monkeypatch.setenv(f"TERREAU__RETENTION__SUNSET_{name}", value)
    lively.clocks.advance(timedelta(days=1))
    sent = {"klass": "marketing", "state": "sent", "sent_at": lively.clocks.calendar_now}
    database.write(lambda conn: conn.execute(update(messages).where(messages.c.lead_id == ada).values(sent)) and None)
    lively.clocks.advance(timedelta(days=200))
    _at(database, lively)

    def asked():
        with database.read() as conn:
            noticed = select(func.count()).where(events.c.name == "silence_noticed", events.c.lead_id == ada)
            return conn.execute(noticed).scalar_one(), list(conn.scalars(select(suppressions.c.reason)))

    assert "Asked before, whether to go on: 1" in told("rights", "retention", "--dry-run")
    assert asked() == (0, [])
    assert "after a long silence: 0" in told("rights", "retention")
    assert asked() == (1, [])
    lively.clocks.advance(timedelta(days=29))
    lively.does(ada, "mail_opened", "conseils-3d/bienvenue")
    _at(database, lively)
    told("rights", "retention")
    assert asked() == (1, [])
    lively.clocks.advance(timedelta(days=2))
    _at(database, lively)
    assert "after a long silence: 1" in told("rights", "retention")
    assert asked() == (1, ["sunset"])


def test_a_click_of_theirs_keeps_their_consent_and_the_next_silence_is_asked_about_anew(
    ada, lively, database, monkeypatch
):
    terms = Retention(sunset_months=6, sunset_mails=1, sunset_notice_days=30)
    sent = {"klass": "marketing", "state": "sent", "sent_at": lively.clocks.calendar_now + timedelta(days=400)}
    database.write(lambda conn: conn.execute(update(messages).where(messages.c.lead_id == ada).values(sent)) and None)

    def looked():
        with database.read() as conn:
            found = retention.look(conn, terms, (), 1, lively.clocks.calendar_now)
        return found.asked, found.silent

    lively.clocks.advance(timedelta(days=200))
    assert looked() == ((ada,), ())
    database.write(lambda conn: retention.ask(conn, [ada], lively.clocks.moment()))
    assert looked() == ((), ())
    lively.clocks.advance(timedelta(days=10))
    lively.does(ada, "link_clicked", "conseils-3d/niveaux")
    lively.clocks.advance(timedelta(days=60))
    assert looked() == ((), ())
    lively.clocks.advance(timedelta(days=200))
    assert looked() == ((ada,), ())


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
    monkeypatch.setenv("TERREAU__SYSTEMS", '[{"name": "shop", "secret": "0123456789abcdef0123456789abcdef"}]')
    assert "## Appris d’un autre programme : shop" in told("rights", "register", "--lang", "fr")
    found = json.loads(told("rights", "register", "--json"))
    assert all({"data", "purpose", "basis", "kept", "receivers"} <= {*one} for one in found["processing"])


def test_the_register_says_which_program_brings_what_sales_decided(lively, content, monkeypatch):
    secret = "0123456789abcdef"
    systems = [{"name": "shop", "secret": secret}, {"name": "crm", "secret": secret, "decides": True}]
    monkeypatch.setenv("TERREAU__SYSTEMS", json.dumps(systems))
    lines = json.loads(told("rights", "register", "--json"))["processing"]
    by = {line["name"].partition("program: ")[2]: line for line in lines if "program: " in line["name"]}
    assert "verdicts of sales with their reasons, deals with their amounts" in by["crm"]["data"]
    assert "know what sales decided" in by["crm"]["purpose"]
    assert "sales" not in by["shop"]["data"] + by["shop"]["purpose"]


def test_a_chain_that_somebody_changed_is_told_with_exit_code_1(ada, database):
    told("rights", "export", str(ada))
    database.write(lambda conn: conn.execute(update(audit).values(act="nothing_at_all")) and None)
    broken = terreau("audit", "verify")
    assert (broken.exit_code, "Entry 1 was changed." in broken.output) == (1, True)

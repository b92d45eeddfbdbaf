"""Mail to addresses at work on the ground of information: told of on the form, objected to there and in each mail."""

import re
import shutil
from datetime import timedelta

import pytest
from sqlalchemy import select

from authoring.load import load_site
from authoring.models.forms import Addresses
from authoring.releases import Releases, apply
from authoring.tree import read_tree
from base.paths import data_path
from base.tokens import Signer, digest
from capture.door import Door
from leads import confirmations, consent, consenting
from leads.answering import ConsentAnswer
from leads.identity import Capture, record
from storage.schema import consents, decisions, enrolments, events, leads
from tests.capture.conftest import Browser, app_of, config_of
from workflows.engine import Engine

TOPIC, AT_WORK, PRIVATE = "conseils-3d", "chloe@atelier-marchand.fr", "chloe.marchand@orange.fr"
TOLD = "We write to this address about 3D at work, four times."
NO = "I object: do not write to me."
BOX = f"""
name = "objection"
kind = "objection"
topic = "{TOPIC}"
wording = {{ fr = "Nous écrivons à cette adresse au sujet de la 3D au travail, quatre fois.", en = "{TOLD}" }}
label = {{ fr = "Je m'y oppose : ne m'écrivez pas.", en = "{NO}" }}

[thanks]
"""
ANSWERS = {"first_name": "Chloé", "company": "T", "profession": "interior", "practice": "slow"}
PAGE = "/en/p/guide-3d"


@pytest.fixture
def door(fragile, clocks, keys, blobs, tmp_path):
    """The example content, whose guide tells of the 3D advice instead of asking for it."""
    content = shutil.copytree(data_path("content"), tmp_path / "content")
    form = content / "forms" / "guide-3d.toml"
    text = form.read_text(encoding="utf-8")
    form.write_text(re.sub(r'name = "consent_conseils".*?\[thanks\]\n', BOX.lstrip(), text, flags=re.DOTALL), "utf-8")
    sequence = content / "sequences" / "conseils-3d.toml"
    text = sequence.read_text(encoding="utf-8")
    sequence.write_text(text.replace("[[trigger]]", '[[trigger]]\nform = "guide-3d"\n\n[[trigger]]', 1), "utf-8")
    tree = read_tree(content)
    site, problems = load_site(tree)
    assert problems == []
    apply(fragile, tree, site, "ada", None, None, clocks.moment(), blobs)
    releases = Releases(fragile, blobs, patience=0)
    return Door(fragile, releases, config_of(), clocks, Signer(keys.signing, clocks.machine), keys, blobs)


@pytest.fixture
def browser(door, clocks):
    return Browser(app_of(door), clocks)


@pytest.fixture
def works(door, clocks, keys):
    """The engine takes in what the doors wrote."""
    engine = Engine(
        door.database, door.releases, clocks, "Europe/Paris", "one", lambda conn, call: None,
        suppression_key=keys.suppression,
    )  # fmt: skip

    def work():
        while engine.work():
            pass

    return work


def rows(door, table, *columns):
    with door.database.read() as conn:
        return [
            tuple(row)
            for row in conn.execute(
                select(*(table.c[name] for name in columns)).order_by(table.c.lead_id, *table.primary_key.columns)
            )
        ]


def ledger(door):
    return rows(door, consents, "topic", "state")


def inside(door):
    return [name for (name,) in rows(door, enrolments, "sequence")]


def lead_id(door):
    with door.database.read() as conn:
        return conn.execute(select(leads.c.id)).scalar_one()


def token(door, topic):
    return door.database.write(lambda conn: consenting.preference_token(conn, lead_id(door), topic))


def grounds(door):
    with door.database.read() as conn:
        return consent.grounds(conn, [lead_id(door)])[lead_id(door)]


# ---------------------------------------------------------------- at collection


def test_an_address_at_work_is_told_of_the_mail_and_the_ledger_says_in_which_words(door, browser):
    page = browser.open(PAGE).text
    assert TOLD in page
    assert NO in page
    assert not re.search(r'name="objection"[^>]*checked', page)
    assert browser.send(PAGE, {**ANSWERS, "email": AT_WORK}).status_code == 303
    with door.database.read() as conn:
        [row] = conn.execute(select(consents)).all()
    told = f"{TOLD} {NO}"
    assert (row.topic, row.state, row.wording, row.wording_hash, row.form, row.locale) == (
        TOPIC, "informed", told, digest(told), "guide-3d", "en",
    )  # fmt: skip
    assert row.proof["submission_id"] == 1
    assert row.proof["page"] == "guide-3d"
    assert (row.at, row.recorded_at) == (door.clocks.calendar(), door.clocks.machine())


def test_it_is_written_to_at_once_and_the_ledger_of_decisions_says_on_which_ground(door, browser, works):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    works()
    assert sorted(inside(door)) == ["conseils-3d", "livraison"]
    entered = [reason for what, reason in rows(door, decisions, "outcome", "reason") if what == "entered"]
    assert "form_submitted guide-3d (told of it at an address at work, no objection)" in entered


@pytest.mark.parametrize("address", [PRIVATE, "chloe@gmail.com", "chloe@hotmail.fr", "chloe@yopmail.com"])
def test_any_other_address_is_asked_and_written_to_only_once_it_has_confirmed(door, browser, works, address):
    thanks = browser.send(PAGE, {**ANSWERS, "email": address})
    assert "You ticked the box" in browser.open(thanks.location).text  # what the author says where a mail asks
    assert ledger(door) == [(TOPIC, "asked")]
    works()
    assert inside(door) == ["livraison"]
    with door.database.read() as conn:
        [asked] = conn.execute(select(consents.c.wording)).scalars()
    topic = door.site().definitions.topics[TOPIC]
    assert asked == f"{topic.label['en']}. {topic.description['en']}"
    sealed = door.signer.sign("confirm", {"lead": lead_id(door), "topics": [TOPIC], "submission": 1})
    browser.post(f"/confirm/{sealed}", {})
    assert grounds(door) == {TOPIC: "granted"}
    works()
    assert sorted(inside(door)) == ["conseils-3d", "livraison"]


def test_whoever_objects_on_the_form_is_not_written_to_and_says_so_for_good(door, browser, works, clocks):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK, "objection": TOPIC})
    works()
    assert ledger(door) == [(TOPIC, "withdrawn")]
    assert inside(door) == ["livraison"]
    assert "unsubscribed" not in [name for (name,) in rows(door, events, "name")]
    clocks.advance(timedelta(hours=2))
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})  # a box that was left empty undoes nothing
    works()
    assert ledger(door) == [(TOPIC, "withdrawn")]
    assert "conseils-3d" not in inside(door)


def test_an_objection_on_a_later_form_ends_what_was_told_of_and_what_was_agreed_to(door, browser, works, clocks):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    works()
    clocks.advance(timedelta(hours=2))
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK, "objection": TOPIC})
    works()
    assert ledger(door) == [(TOPIC, "informed"), (TOPIC, "withdrawn")]
    assert ("conseils-3d", "left") in rows(door, enrolments, "sequence", "state")
    assert ("unsubscribed", TOPIC) in rows(door, events, "name", "subject")


def test_what_is_held_tells_nobody_anything(door, browser, works):
    site = door.site()
    form = site.forms["guide-3d"].model_copy(update={"addresses": Addresses(role="hold")})
    site.forms["guide-3d"] = form
    browser.send(PAGE, {**ANSWERS, "email": "contact@atelier-marchand.fr"})
    works()
    assert ledger(door) == [(TOPIC, "asked")]
    assert inside(door) == []


def test_a_consent_is_worth_more_and_stays_one(door, browser, works, clocks):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    sealed = door.signer.sign("confirm", {"lead": lead_id(door), "topics": [TOPIC], "submission": 1})
    browser.post(f"/confirm/{sealed}", {})
    clocks.advance(timedelta(hours=2))
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    assert ledger(door) == [(TOPIC, "informed"), (TOPIC, "granted")]


# ---------------------------------------------------------------- after a yes that waits for its confirmation


@pytest.fixture
def asked(door, clocks):
    """Another form asked her, and she ticked its box."""
    yes = (ConsentAnswer(TOPIC, "Yes, write to me.", True),)
    capture = Capture("lettre", "lettre", "en", {}, {"email": AT_WORK}, {}, yes, {}, "key", door.site().release_id)
    door.database.write(lambda conn: record(conn, capture, clocks.moment()))
    clocks.advance(timedelta(hours=2))


@pytest.mark.usefixtures("asked")
def test_a_box_of_objection_that_was_left_empty_does_not_undo_a_yes_that_waits(door, browser):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    with door.database.read() as conn:
        assert consent.pending(conn, lead_id(door)) == (TOPIC,)
    assert ledger(door) == [(TOPIC, "asked"), (TOPIC, "informed"), (TOPIC, "asked")]
    assert grounds(door) == {TOPIC: "informed"}, "as if she had been told first and had asked then"
    sealed = door.signer.sign("confirm", {"lead": lead_id(door), "topics": [TOPIC], "submission": 1})
    browser.post(f"/confirm/{sealed}", {})
    assert grounds(door) == {TOPIC: "granted"}
    with door.database.read() as conn:
        given = conn.execute(select(consents.c.wording).where(consents.c.state == "granted")).scalar_one()
    assert given == "Yes, write to me."


@pytest.mark.usefixtures("asked")
def test_an_objection_that_is_ticked_ends_a_yes_that_waits(door, browser):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK, "objection": TOPIC})
    with door.database.read() as conn:
        assert consent.pending(conn, lead_id(door)) == ()
    assert ledger(door) == [(TOPIC, "asked"), (TOPIC, "withdrawn")]
    assert grounds(door) == {}


# ---------------------------------------------------------------- it proves nothing


def test_being_told_proves_no_mailbox(door, browser, works, keys, clocks):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    works()
    with door.database.read() as conn:
        assert not consent.ever_granted(conn, lead_id(door))
        asked = confirmations.asked(conn, keys.suppression, {lead_id(door): AT_WORK})
    assert [mail.text for mail in asked[lead_id(door)].mails] == ["livraison/guide"]
    clocks.advance(timedelta(hours=2))
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK, "first_name": "Camille"})
    with door.database.read() as conn:
        assert conn.execute(select(leads.c.first_name)).scalar_one() == "Camille"


# ---------------------------------------------------------------- in each mail, and where they choose


@pytest.mark.parametrize("scope", [{"List-Unsubscribe": "One-Click"}, {"scope": "all"}, {}])
def test_one_click_in_a_mail_is_an_objection(door, browser, works, scope):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    works()
    assert browser.post(f"/u/{token(door, TOPIC)}", scope).status_code in (200, 303)
    works()
    assert grounds(door) == {}
    assert ("conseils-3d", "left") in rows(door, enrolments, "sequence", "state")


def test_the_page_of_choices_says_why_and_a_box_that_stays_ticked_is_no_consent(door, browser):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    path = f"/preferences/{token(door, '')}"
    page = browser.open(path).text
    assert "you were told of it when you gave us this work address. Untick it to object." in page
    assert "Agreed on" not in page
    browser.post(path, {"act": "save", "topic": TOPIC})
    assert grounds(door) == {TOPIC: "informed"}
    browser.post(path, {"act": "save"})
    assert ledger(door) == [(TOPIC, "informed"), (TOPIC, "withdrawn")]
    browser.post(path, {"act": "save", "topic": TOPIC})
    assert grounds(door) == {TOPIC: "granted"}


def test_the_page_of_choices_keeps_what_goes_on_until_a_yes_is_confirmed(door, browser, clocks):
    browser.send(PAGE, {**ANSWERS, "email": AT_WORK})
    clocks.advance(timedelta(days=40))
    yes = [ConsentAnswer(TOPIC, "Yes, write to me.", True)]
    how = {"form": "lettre", "locale": "en", "proof": {}, "now": clocks.moment()}
    door.database.write(lambda conn: consenting.ask(conn, lead_id(door), yes, **how))
    path = f"/preferences/{token(door, '')}"
    page = browser.open(path).text
    assert "Since 2 November 2026: you were told of it" in page.replace("\u00a0", " ")
    browser.post(path, {"act": "save", "topic": TOPIC})
    assert ledger(door) == [(TOPIC, "informed"), (TOPIC, "asked")]
    assert grounds(door) == {TOPIC: "informed"}
    sealed = door.signer.sign("confirm", {"lead": lead_id(door), "topics": [TOPIC], "submission": 1})
    browser.post(f"/confirm/{sealed}", {})
    assert grounds(door) == {TOPIC: "granted"}


def test_whoever_once_left_everything_is_told_of_nothing_more(door, browser, works, clocks):
    browser.send(PAGE, {**ANSWERS, "email": PRIVATE})
    browser.post(f"/u/{token(door, '')}", {})
    path = f"/preferences/{token(door, '')}"
    browser.post(path, {"act": "save", "topic": "lettre"})
    clocks.advance(timedelta(hours=2))
    browser.send(PAGE, {**ANSWERS, "email": PRIVATE})
    assert grounds(door) == {"lettre": "granted"}

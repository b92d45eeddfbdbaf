"""The questions of the guide: each answer is performed on people inside, by the commands that one would type."""

import json
import re
import shutil
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, select

from authoring.load import load_site
from authoring.releases import apply
from authoring.tree import read_tree
from storage.schema import decisions, enrolments, hand_offs, messages, releases, standings
from terreau.house import House
from terreau.personas import Letters
from tests.arranging import lived_once
from tests.terreau.living import config_of, terreau, today, write

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "sequences.md"
QUESTIONS = re.findall(r"^\*\*(.+?)\*\*", GUIDE.read_text().partition("\n## Questions\n")[2], flags=re.MULTILINE)

WELCOME = """
title = "Welcome"
topic = "lettre"
sender = "ines"
trigger = [{ event = "page_seen", subject = "guide-3d" }]

[[step]]
id = "hello"
email = "hello"

[[step]]
id = "example"
wait = "2 days"
email = "example"

[[step]]
id = "tour"
wait = "3 days"
email = "tour"
"""
HELLO, EXAMPLE, TOUR = (f"[[step]]{step}" for step in WELCOME.split("[[step]]")[1:])
MAILS = ["hello", "example", "tour"]

# What they get when nobody edits anything. It is Thursday the 5th, noon: Ada waits for the example, Bob for the tour.
ADA = ["hello 4 Nov 09:00", "example 6 Nov 09:00", "tour 9 Nov 09:00"]
BOB = ["hello 2 Nov 09:00", "example 4 Nov 09:00", "tour 7 Nov 09:00"]
CHLOE = ["hello 5 Nov 12:00", "example 7 Nov 12:00", "tour 10 Nov 12:00"]


class Readers:
    """Ada and Bob inside, Chloé who comes in after the edit, and the folder in which it is made."""

    def __init__(self, lively, content):
        self.lively, self.content = lively, content
        self.bob, self.ada = two_came_in(lively)
        today(lively)

    def enters(self, who):
        return enters(self.lively, who)

    def sees_the_page(self, lead):
        self.lively.does(lead, "page_seen", "guide-3d")

    def write(self, text, on_edit="pin", mails=()):
        head, _, steps = text.partition("[[step]]")
        written = f'{head}on_edit = "{on_edit}"\n\n[[step]]{steps}'
        write(self.content.parent, "welcome", written, mails)

    def edit(self, file, before, after):
        path = self.content / file
        text = path.read_text()
        assert text.count(before) == 1
        path.write_text(text.replace(before, after))

    def live(self):
        """Two weeks pass, in which Chloé comes in: what the three had, under the names of the steps."""
        self.lively.works()
        chloe = self.enters("chloe")
        self.lively.later(days=14)
        return self.had(self.ada), self.had(self.bob), self.had(chloe)

    def had(self, lead, sequence="welcome"):
        """To the nearest minute: commands read a clock that runs."""
        wanted = select(messages.c.step, messages.c.sent_at).where(
            messages.c.lead_id == lead, messages.c.sequence == sequence, messages.c.state == "sent"
        )
        with self.lively.database.read() as conn:
            rows = conn.execute(wanted.order_by(messages.c.id)).all()
        return [f"{row.step} {_minute(row.sent_at)}" for row in rows]

    def state_of(self, lead):
        wanted = select(enrolments.c.state).where(enrolments.c.lead_id == lead, enrolments.c.sequence == "welcome")
        with self.lively.database.read() as conn:
            return conn.execute(wanted).scalar_one()

    def count(self, table):
        with self.lively.database.read() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()


def enters(lively, who):
    lead = lively.submits(who, profession="interior", practice="slow")
    lively.agrees(lead, "lettre")
    lively.does(lead, "page_seen", "guide-3d")
    return lead


@lived_once
def two_came_in(lively):
    """Bob, two days later Ada; another day and three hours later."""
    bob = enters(lively, "bob")
    lively.later(days=2)
    ada = enters(lively, "ada")
    lively.later(days=1, hours=3)
    return bob, ada


def _minute(at):
    at += timedelta(seconds=30)
    return f"{at.day} {at:%b %H:%M}"


@pytest.fixture
def readers(lively, content):
    """Beside the welcome only what nobody is inside of any more: each text that is not there need not be checked."""
    for folder in ("sequences", "emails", "personas"):
        shutil.rmtree(content / folder)
        (content / folder).mkdir()
    write(content.parent, "welcome", WELCOME, MAILS)
    tree = read_tree(content)
    site, _ = load_site(tree)
    apply(lively.database, tree, site, "ada", None, None, lively.clocks.moment(), lively.releases.blobs)
    return Readers(lively, content)


def applied(*words):
    """Plan, then apply, as one would; what the plan said."""
    planned = terreau("plan", *words)
    assert planned.exit_code == 0, planned.output
    made = terreau("apply", "--author", "ada", *words)
    assert made.exit_code == 0, made.output
    return planned.output


def refused():
    """What plan and apply say of an edit that somebody inside has no rule for; nothing is changed by either."""
    planned, made = terreau("plan"), terreau("apply", "--author", "ada")
    assert (planned.exit_code, made.exit_code) == (1, 1)
    assert "Nothing was changed." in made.output
    return planned.output


def test_every_question_of_the_guide_has_its_test_and_every_test_its_question():
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", ()) if mark.name == "answers"]
    assert len(QUESTIONS) == 15
    assert {mark.args[0] for mark in marks} == set(QUESTIONS)


def test_without_an_edit_each_gets_each_mail_in_its_hour(readers):
    assert readers.live() == (ADA, BOB, CHLOE)


@pytest.mark.answers("I renamed a step.")
def test_a_renamed_step_pinned(readers):
    readers.write(WELCOME.replace('id = "example"', 'id = "case"'))
    assert "who finish the version they entered" in applied()
    assert readers.live() == (ADA, BOB, [CHLOE[0], "case 7 Nov 12:00", CHLOE[2]])


@pytest.mark.answers("I renamed a step.")
def test_a_renamed_step_adopted(readers):
    readers.write(WELCOME.replace('id = "example"', 'id = "case"'), "adopt")
    assert "Is it case now? Then: --choose welcome/example=adopt" in refused()
    applied("--choose", "welcome/example=adopt")
    assert readers.live() == ([ADA[0], "case 6 Nov 09:00", ADA[2]], BOB, [CHLOE[0], "case 7 Nov 12:00", CHLOE[2]])


@pytest.mark.answers("I moved a step.")
@pytest.mark.parametrize(("on_edit", "ada"), [("pin", ADA), ("adopt", ADA[:2])])
def test_a_moved_step(readers, on_edit, ada):
    """The tour stands above the example now: Ada is past it, and Bob has had the example."""
    readers.write(WELCOME.partition("[[step]]")[0] + HELLO + TOUR + EXAMPLE, on_edit)
    applied()
    assert readers.live() == (ada, BOB, [CHLOE[0], "tour 8 Nov 12:00", "example 10 Nov 12:00"])
    assert {readers.state_of(one) for one in (readers.ada, readers.bob)} == {"completed"}


WITHOUT_EXAMPLE = WELCOME.replace(EXAMPLE, "")
SHORT_CHLOE = [CHLOE[0], "tour 8 Nov 12:00"]


@pytest.mark.answers("I deleted a step.")
def test_a_deleted_step_pinned(readers):
    readers.write(WITHOUT_EXAMPLE)
    applied()
    assert readers.live() == (ADA, BOB, SHORT_CHLOE)


@pytest.mark.answers("I deleted a step.")
@pytest.mark.parametrize(
    ("choice", "ada", "state"),
    [
        ("next", [ADA[0], "tour 7 Nov 09:00"], "completed"),
        ("exit", [ADA[0]], "left"),
        ("pin", ADA, "completed"),
    ],
)
def test_a_deleted_step_adopted(readers, choice, ada, state):
    readers.write(WITHOUT_EXAMPLE, "adopt")
    assert "1 lead stands at example, and the step `example` is gone." in refused()
    applied("--choose", f"welcome/example={choice}")
    assert readers.live() == (ada, BOB, SHORT_CHLOE)
    assert readers.state_of(readers.ada) == state


@pytest.mark.answers("I inserted a step.")
@pytest.mark.parametrize(
    ("on_edit", "ada"),
    [("pin", ADA), ("adopt", [*ADA[:2], "extra 7 Nov 09:00", "tour 10 Nov 09:00"])],
)
def test_an_inserted_step(readers, on_edit, ada):
    extra = '[[step]]\nid = "extra"\nwait = "1 day"\nemail = "extra"\n\n'
    readers.write(WELCOME.replace(TOUR, extra + TOUR), on_edit, ["extra"])
    applied()
    assert readers.live() == (ada, BOB, [*CHLOE[:2], "extra 8 Nov 12:00", "tour 11 Nov 12:00"])


@pytest.mark.answers("I shortened a wait.")
@pytest.mark.parametrize(
    ("on_edit", "ada", "bob"),
    [
        ("pin", ADA, BOB),
        ("adopt", [ADA[0], "example 5 Nov 12:00", "tour 7 Nov 12:00"], [*BOB[:2], "tour 6 Nov 09:00"]),
    ],
)
def test_a_shortened_wait(readers, on_edit, ada, bob):
    """A day instead of two has passed for Ada; two instead of three have not for Bob."""
    readers.write(WELCOME.replace('"2 days"', '"1 day"').replace('"3 days"', '"2 days"'), on_edit)
    assert (" written to earlier: " in applied()) is (on_edit == "adopt")
    assert readers.live() == (ada, bob, [CHLOE[0], "example 6 Nov 12:00", "tour 8 Nov 12:00"])


@pytest.mark.answers("I lengthened a wait.")
@pytest.mark.parametrize(
    ("on_edit", "ada"), [("pin", ADA), ("adopt", [ADA[0], "example 11 Nov 09:00", "tour 14 Nov 09:00"])]
)
def test_a_lengthened_wait(readers, on_edit, ada):
    readers.write(WELCOME.replace('"2 days"', '"1 week"'), on_edit)
    assert (" written to later: " in applied()) is (on_edit == "adopt")
    assert readers.live() == (ada, BOB, [CHLOE[0], "example 12 Nov 12:00", "tour 15 Nov 12:00"])


@pytest.mark.answers("I paused a sequence.")
def test_a_paused_sequence(readers):
    lively = readers.lively
    assert "`welcome` rests now, until `terreau resume welcome`: 2 enrolments" in terreau("pause", "welcome").output
    chloe = readers.enters("chloe")
    lively.later(days=4)
    assert [readers.had(one) for one in (readers.ada, readers.bob, chloe)] == [ADA[:1], BOB[:2], []]
    assert readers.state_of(chloe) == "active"
    today(lively)
    terreau("resume", "welcome")
    lively.later(days=14)
    assert readers.had(readers.ada) == [ADA[0], "example 10 Nov 09:00", "tour 13 Nov 09:00"]
    assert readers.had(readers.bob) == [*BOB[:2], "tour 11 Nov 09:00"]
    assert readers.had(chloe) == ["hello 9 Nov 12:00", "example 11 Nov 12:00", "tour 14 Nov 12:00"]


@pytest.mark.answers("I fixed a typo in a text.")
def test_a_typo_that_was_fixed(readers, database, database_url):
    """Ada is pinned, and reads the new text; Bob has the old one."""
    readers.edit("emails/welcome/example.fr.md", "Bonjour", "Bonsoir")
    assert re.search(r"emails/welcome/example\.fr\.md +1 lead ", applied())
    letters = Letters()
    house = House.build(config_of(readers.content.parent, database_url), readers.lively.clocks, letters, database)
    readers.lively.clocks.calendar_now = house.engine.next_due()
    while house.engine.work() + house.sender.drain(Event()):
        pass
    (recipient, raw) = letters.kept[0]
    mail = message_from_bytes(raw, policy=policy.default)
    assert recipient == "ada@lumen.example"
    assert "Bonsoir" in mail.get_body(("plain",)).get_content()
    house.sender.close()


@pytest.mark.answers("I changed a score.")
@pytest.mark.parametrize("announce", [False, True])
def test_a_changed_score(readers, announce):
    """The letter confirmed is worth enough, of a sudden, to be called at once."""
    before = '[[scoring.engagement]]\nid = "lettre-confirmee"\nevent = "consent_granted"\nsubject = "lettre"\npoints = '
    readers.edit("definitions.toml", before + "5\n", before + "90\n")
    words = ["--announce"] if announce else []
    said = applied(*words)
    assert "2 leads: iql → mql" in said
    assert "2 alerts to sales" in said
    readers.lively.works()
    with readers.lively.database.read() as conn:
        stood = conn.execute(select(standings.c.stage, standings.c.engagement)).all()
    assert [row.stage for row in stood] == ["mql", "mql"]
    assert min(row.engagement for row in stood) > 90_000
    assert readers.count(hand_offs) == (2 if announce else 0)


@pytest.mark.answers("I deleted a text that somebody still waits for.")
def test_a_deleted_text(readers):
    readers.write(WITHOUT_EXAMPLE)
    for locale in ("fr", "en"):
        (readers.content / "emails" / "welcome" / f"example.{locale}.md").unlink()
    said = refused()
    assert "1 lead stands at example, and emails/welcome/example" in said
    assert "--choose welcome/example=pin|next|exit" in said
    applied("--choose", "welcome/example=next")
    assert readers.live() == ([ADA[0], "tour 7 Nov 09:00"], BOB, SHORT_CHLOE)


@pytest.mark.answers("I put an edit in force and want it back.")
@pytest.mark.parametrize(
    ("words", "ada"),
    [
        ([], [ADA[0], "example 11 Nov 09:00", "tour 14 Nov 09:00"]),
        (["--choose", "welcome/example=adopt"], ADA),
    ],
)
def test_an_edit_that_was_taken_back(readers, words, ada):
    readers.write(WELCOME.replace('"2 days"', '"1 week"'), "adopt")
    applied()
    readers.lively.works()
    before = readers.count(releases)
    back = terreau("rollback", str(before - 1), "--yes", "--author", "ada", *words)
    assert back.exit_code == 0, back.output
    assert readers.count(releases) == before + 1
    assert readers.live() == (ada, BOB, CHLOE)


@pytest.mark.answers("Can somebody get the same mail twice?")
@pytest.mark.parametrize(("re_entry", "again"), [("never", 0), ("always", 1)])
def test_who_does_again_what_let_them_in(readers, re_entry, again):
    readers.write(WELCOME.replace("sender", f're_entry = "{re_entry}"\nsender', 1))
    applied()
    readers.lively.works()
    readers.sees_the_page(readers.ada)
    readers.lively.later(days=14)
    steps = [line.split()[0] for line in readers.had(readers.ada)]
    assert {name: steps.count(name) for name in MAILS} == dict.fromkeys(MAILS, 1 + again)


@pytest.mark.answers("Two sequences want to write on the same morning.")
def test_two_sequences_on_one_morning(readers):
    news = WELCOME.partition("[[step]]")[0].replace("sender", "priority = 90\nsender", 1) + HELLO
    write(readers.content.parent, "news", news, ["hello"])
    applied()
    readers.lively.works()
    chloe = readers.enters("chloe")
    readers.lively.later(days=1)
    assert readers.had(chloe, "news") == ["hello 5 Nov 12:00"]
    assert readers.had(chloe) == ["hello 5 Nov 23:00"], "midnight in Paris"
    said = terreau("why", "chloe@lumen.example", "welcome/hello", "--json").output
    reasons = [one["reason"] for one in json.loads(said)["decisions"]]
    assert "cap 1 per day: `news` goes first" in reasons


@pytest.mark.answers("How many mails will leave next week?")
def test_the_mails_of_the_next_days(readers):
    before = readers.count(messages), readers.count(decisions)
    told = json.loads(terreau("forecast", "--days", "7", "--json").output)
    assert (readers.count(messages), readers.count(decisions)) == before
    foretold = {day["day"][-2:]: day["sequences"]["welcome"] for day in told["sends"] if day["sequences"]}
    readers.lively.later(days=6)
    came = [line.split()[1].zfill(2) for lead in (readers.ada, readers.bob) for line in readers.had(lead)]
    assert foretold == {day: came.count(day) for day in ("06", "07", "09")}


@pytest.mark.answers("Why did ada not get it?")
def test_why_somebody_did_not_get_it(readers):
    lead = readers.lively.submits("dave")
    readers.sees_the_page(lead)
    told = json.loads(terreau("why", "dave@lumen.example", "welcome", "--json").output)
    (refused,) = told["decisions"]
    assert (refused["outcome"], refused["rule"]["file"]) == ("refused", "sequences/welcome.toml")
    assert "no consent for `lettre`" in refused["reason"]
    assert readers.had(lead) == []

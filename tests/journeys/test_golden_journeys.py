"""What marketing and sales argue about, through the doors: real forms, mails, clicks and pages, a set clock."""

import json
import re
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from functools import cached_property, partial
from threading import Event as Stop

import httpx
import pytest
from sqlalchemy import select

from base.paths import data_path
from base.settings import System
from base.tokens import webhook_signature
from console import staff
from leads.classing import SETTLES
from leads.explain import explain
from leads.points import MILLI
from storage.schema import events, hand_offs, messages, stage_changes, standings
from terreau.app import create_app
from terreau.applying import Signature, apply_content
from terreau.house import House
from terreau.personas import Letters
from terreau.visitor import Visitor
from tests.terreau.living import config_of

SITE = "https://lumen.example"
ADDRESS = re.compile(r"https?://[^\s<>\")\]]+")
ARCHITECT = {
    "email": "chloe@atelier-marchand.fr", "first_name": "Chloé", "company": "Atelier Marchand",
    "profession": "interior", "practice": "slow", "consent_conseils": True,
}  # fmt: skip
WHITE_PAPER = {name: ARCHITECT[name] for name in ("email", "first_name", "company")}
LIGHT = ["cao/3d"]
SECRETS = {"webinars": "the secret of the webinars", "slots": "the secret of the slots", "crm": "the secret of the crm"}
PASSWORD = "cinq loutres sous la lune"
REP = "nadia@atelier-lumen.example"
BOOKED = """
[[event_labels]]
event = "slot_booked"
hand_raise = true
label = { fr = "Rendez-vous pris", en = "Booked an appointment" }
"""


class Guest(Visitor):
    """A visitor who comes through the application itself: what a socket would add is tested elsewhere."""

    def __init__(self, app):
        super().__init__(SITE)
        headers = self._client.headers
        self._client.close()
        transport = httpx.WSGITransport(app=app)
        self._client = httpx.Client(transport=transport, base_url=SITE, follow_redirects=True, headers=headers)

    def fetch(self, address):
        assert self._client.get(address).status_code == 200

    def tells(self, system, number, stamp, told):
        """As a program signs what it tells."""
        body = json.dumps(told).encode()
        mark = webhook_signature(SECRETS[system], number, stamp, body)
        signed = {"webhook-id": number, "webhook-timestamp": stamp, "webhook-signature": mark}
        return self._client.post("/events", content=body, headers=signed)


@dataclass
class Street:
    """One lead, the house they visit, and time, which stands still until it is moved."""

    house: House
    clocks: object
    post: Letters
    guest: Guest
    told: list = field(default_factory=list)

    def works(self):
        self.house.sender._beat_at = 0.0  # its heart beats by a clock that nobody moves
        while self.house.engine.work() + self.house.sender.drain(Stop()):
            pass

    def later(self, **by):
        """Time passes, and what falls due meanwhile is done in its hour."""
        end = self.clocks.calendar_now + timedelta(**by)
        while (due := self.house.engine.next_due()) is not None and due <= end:
            self.clocks.advance(max(due - self.clocks.calendar_now, timedelta(seconds=1)))
            self.works()
        self.clocks.advance(max(end - self.clocks.calendar_now, timedelta(0)))
        self.works()

    def asks(self, page, answers):
        """Fills in the form of that page."""
        shown = self.guest.open(page)
        self.clocks.advance(timedelta(seconds=30))
        assert self.guest.send(shown, answers).status == 200
        self.works()

    def newest_link(self, part):
        """The newest address that has `part` in the mails so far."""
        found = [one for _, letter in self.post.kept for one in links_of(letter) if part in one]
        assert found, f"no mail has {part}"
        return found[-1]

    def confirms(self, **measured):
        shown = self.guest.open(self.newest_link("/confirm/"))
        self.guest.send(shown, measured or {})
        self.works()

    def downloads(self):
        """Opens the page of the newest magnet, has it before their eyes, and takes the file."""
        shelf = self.guest.open(self.newest_link("/m/"))
        self.guest.linger(shelf)
        assert self.guest.download(shelf.downloads()[0]).startswith(b"%PDF")
        self.judged()

    def reads(self):
        """Follows the newest link in a mail, and reads the page."""
        page = self.guest.open(self.newest_link("/c/"))
        assert self.guest.linger(page)
        self.judged()

    def judged(self):
        self.clocks.advance(SETTLES)
        self.works()

    def attends(self, webinar):
        """The tool for webinars says so."""
        self.hears("webinars", event="webinar_attended", subject=webinar, interests=LIGHT)

    def hears(self, system, status=200, **told):
        """Another program tells something of them; returns the problems there are with it."""
        self.told.append(told)
        stamp = str(int(self.clocks.machine().timestamp()))
        lead = {"lead": {"email": ARCHITECT["email"]}}
        answer = self.guest.tells(system, f"msg_{len(self.told)}", stamp, {**lead, **told})
        assert answer.status_code == status, answer.text
        self.works()
        return answer.json().get("problems")

    def fetches_pictures(self):
        """Their mail program shows every mail that they have, with its last picture."""
        for _, letter in self.post.kept:
            for dot in re.findall(r"https?://[^\s\"]+/o/[^\s\"]+[.]gif", html_of(letter)):
                self.guest.fetch(dot)
        self.judged()

    def rejects(self, reason):
        """The rep opens the newest alert and presses the button."""
        page = self.guest.open(self.newest_link("choice=reject"))
        assert self.guest.send(page, {"reason": reason}, button="reject").status == 200
        self.works()

    @property
    def alerts(self):
        """What the rep received about a hot lead or a raised hand."""
        return [subject_of(letter) for address, letter in self.post.kept if address == REP]

    @property
    def explained(self):
        """What `terreau explain` says of them, at this hour."""
        with self.house.database.read() as conn:
            return explain(conn, self.house.releases.in_force(), 1, self.clocks.calendar_now, "Europe/Paris").as_json()

    @cached_property
    def _password(self):
        new = staff.NewStaff(REP, "Nadia", "sales", "nadia", "fr")
        kept = staff.new_password(PASSWORD)
        self.house.database.write(partial(staff.add, new=new, password_hash=kept, machine_now=self.clocks.machine()))
        return PASSWORD

    @property
    def rep(self):
        """The rep, signed in to the console anew: no session outlives a winter."""
        browser = Guest(create_app(self.house))
        browser.send(browser.open("/console/sign-in"), {"email": REP, "password": self._password})
        return browser

    def listed_at(self, stage):
        """Whether the console lists them at that stage."""
        page = self.rep.open(f"/console/leads?stage={stage}")
        assert page.status == 200
        return ARCHITECT["company"] in page.text

    def rows(self, query):
        with self.house.database.read() as conn:
            return conn.execute(query).all()

    @property
    def stands(self):
        return self.rows(select(standings).where(standings.c.lead_id == 1))[0]

    @property
    def stages(self):
        return [row.to_stage for row in self.rows(select(stage_changes).order_by(stage_changes.c.id))]

    @property
    def briefs(self):
        return [row.brief for row in self.rows(select(hand_offs).order_by(hand_offs.c.id))]


def links_of(letter):
    return ADDRESS.findall(body_of(letter, "plain"))


def html_of(letter):
    return body_of(letter, "html")


def body_of(letter, kind):
    return message_from_bytes(letter, policy=policy.default).get_body((kind,)).get_content()


def subject_of(letter):
    return str(message_from_bytes(letter, policy=policy.default)["subject"])


@pytest.fixture
def street(database, database_url, clocks, tmp_path):
    config = config_of(tmp_path, database_url)
    content = shutil.copytree(data_path("content"), config.content.dir)
    with (content / "definitions.toml").open("a", encoding="utf-8") as definitions:
        definitions.write(BOOKED)
    config = config.model_copy(
        update={
            "site": config.site.model_copy(update={"base_url": SITE}),
            "tracking": config.tracking.model_copy(update={"opens": "consent"}),
            "systems": [System(name=name, secret=it, decides=name == "crm") for name, it in SECRETS.items()],
        }
    )
    post = Letters()
    house = House.build(config, clocks, post, database)
    apply_content(config, database, house.blobs, Signature("ada"), clocks.moment())
    yield Street(house, clocks, post, Guest(create_app(house)))
    house.sender.close()


def test_the_freelance_architect_of_many_months_is_handed_over_twice_in_the_end_with_the_demonstration_to_offer(street):
    """FEATURES row 76: months of visits, several white papers, the letter, a webinar on 3D; hot, cold and hot again."""
    street.asks("/p/guide-3d", ARCHITECT)
    street.confirms(clicks=True)
    street.downloads()
    street.later(days=30)
    street.reads()
    street.asks("/p/variantes", WHITE_PAPER)
    street.downloads()
    assert street.stages[-1] == "mql"
    street.later(days=40)
    street.asks("/p/lettre", {"email": ARCHITECT["email"]})
    street.confirms()
    assert (street.stages[-1], len(street.briefs)) == ("iql", 1), "cooled, and not hot before the webinar"
    street.attends("lumiere-3d")
    street.later(days=1)
    street.reads()
    assert street.stages[-1] == "mql"
    assert max(street.stands.interests, key=street.stands.interests.get) == "cao/3d"
    assert len(street.briefs) == 2
    assert street.briefs[-1]["suggestion"].startswith("Proposer une démonstration CAO")
    told = select(messages.c.id).where(messages.c.klass == "notification", messages.c.state == "sent")
    assert len(street.rows(told)) == 2


def hot(street):
    """Within three days: the guide, its download, advice confirmed, a webinar, a link followed."""
    street.asks("/p/guide-3d", ARCHITECT)
    street.confirms(clicks=True)
    street.downloads()
    street.later(days=2)
    street.attends("lumiere-3d")
    street.later(days=1)
    street.reads()
    assert (street.stands.stage, len(street.alerts)) == ("mql", 1)


def test_an_afternoon_of_everything_there_is_by_the_merely_curious_reaches_no_rep(street):
    """FEATURES row 64: whoever takes all at once fits, and is not called."""
    street.asks("/p/guide-3d", {**ARCHITECT, "consent_conseils": False})
    for _ in range(4):
        street.asks("/p/variantes", WHITE_PAPER)
        for _ in range(3):
            street.downloads()
    assert street.explained["total"] == 30 * MILLI
    assert (street.stands.stage, street.alerts) == ("iql", [])
    assert street.listed_at("iql")
    assert not street.listed_at("mql")


def test_hot_then_cold_then_hot_again_is_told_to_the_rep_twice_and_not_in_between(street):
    hot(street)
    street.later(days=120)
    assert (street.stands.stage, len(street.alerts)) == ("iql", 1)
    assert street.listed_at("iql")
    for _ in range(3):
        street.attends("lumiere-3d")
        street.reads()
        street.later(days=1)
    assert (street.stands.stage, len(street.alerts), len(street.briefs)) == ("mql", 2, 2)
    assert street.listed_at("mql")


def test_a_rejected_lead_calls_the_rep_again_by_what_it_does_from_then_on_alone(street):
    hot(street)
    street.rejects("pas-maintenant")
    assert street.stands.stage == "iql"
    assert street.explained["total"] >= 80 * MILLI, "what was earned stays in the score"
    street.reads()
    street.later(days=1)
    assert (street.stands.stage, len(street.alerts)) == ("iql", 1)
    for _ in range(4):
        street.attends("lumiere-3d")
        street.reads()
        street.later(days=1)
    assert (street.stands.stage, len(street.alerts)) == ("mql", 2)
    assert street.listed_at("mql")


def test_whoever_only_opens_mails_is_promoted_by_none_of_it(street):
    street.asks("/p/guide-3d", ARCHITECT)
    street.confirms()
    street.guest.send(street.guest.open(street.newest_link("/preferences/")), {"measure": True})
    street.works()
    before = street.stands.buckets
    for _ in range(8):
        street.later(days=2)
        street.fetches_pictures()
    opened = street.rows(select(events.c.seq).where(events.c.name == "message_opened"))
    assert opened, "the pictures were fetched, with consent"
    assert (street.stands.stage, street.stands.buckets, street.alerts) == ("iql", before, [])
    assert street.listed_at("iql")


def test_an_appointment_taken_elsewhere_reaches_the_rep_at_once_and_the_crm_answers_for_her(street):
    """FEATURES row 35: a raised hand goes to sales whatever the score, and what sales decides comes back."""
    street.hears("slots", event="slot_booked", by="system")
    assert (street.stages, street.alerts) == ([], []), "nobody did it"
    street.hears("slots", event="slot_booked", data={"at": "2026-12-01T10:00:00+01:00"})
    assert street.stages == ["mql"]
    assert len(street.alerts) == 1
    assert "Rendez-vous pris" in street.briefs[-1]["why_now"]
    assert re.search(r"À sa demande\s:\s+Rendez-vous pris", street.rep.open("/console/leads/1").text)
    street.hears("crm", verdict="accept")
    street.hears("crm", deal="won", amount=590, on="2026-11-20")
    assert street.stages == ["mql", "sql", "customer"]
    assert street.hears("crm", 409, verdict="accept") == ["no hand-off of this lead waits for an answer"]
    street.hears("crm", verdict="disqualify", reason="hors-cible")
    street.hears("crm", verdict="disqualify", reason="etudes")
    assert street.stages == ["mql", "sql", "customer", "disqualified"], "said twice, it is once"
    assert street.explained["stage"] == "disqualified"
    assert "system:crm" in street.rep.open("/console/leads/1").text, "whose word it was"

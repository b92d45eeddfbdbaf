"""What marketing and sales argue about, through the doors: real forms, mails, clicks and pages, a set clock."""

import re
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from threading import Event as Stop

import httpx
import pytest
from sqlalchemy import select

from base.paths import data_path
from leads import events
from leads.classing import SETTLES
from storage.schema import hand_offs, messages, stage_changes, standings
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
LIGHT = {"interests": ["cao/3d"]}


class Guest(Visitor):
    """A visitor who comes through the application itself: what a socket would add is tested elsewhere."""

    def __init__(self, app):
        super().__init__(SITE)
        headers = self._client.headers
        self._client.close()
        transport = httpx.WSGITransport(app=app)
        self._client = httpx.Client(transport=transport, base_url=SITE, follow_redirects=True, headers=headers)


@dataclass
class Street:
    """One lead, the house they visit, and time, which stands still until it is moved."""

    house: House
    clocks: object
    post: Letters
    guest: Guest

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
        self.does("webinar_attended", webinar, LIGHT)

    def does(self, name, subject, data):
        now = self.clocks.moment()
        self.house.database.write(
            lambda conn: events.append(conn, 1, name, now, evidence="human", subject=subject, data=data)
        )
        self.works()

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
    body = message_from_bytes(letter, policy=policy.default).get_body(("plain",))
    return ADDRESS.findall(body.get_content())


@pytest.fixture
def street(database, database_url, clocks, tmp_path):
    config = config_of(tmp_path, database_url)
    config = config.model_copy(
        update={
            "site": config.site.model_copy(update={"base_url": SITE}),
            "content": config.content.model_copy(update={"dir": data_path("content")}),
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

"""A small town for lives in any order: the real engine and sender, clocks that are set, a post office with a memory,
and what everybody outside knows: who agreed, who left, what rests."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event

from sqlalchemy import select, update

from authoring.applying import apply
from authoring.blobs import BlobTable
from authoring.load import load_site
from authoring.releases import Releases
from authoring.tree import Tree
from base.config import Config
from base.tokens import Signer
from capture.ledger import leave_everything, suppressed_hash
from emails import settling
from emails.layouts import Setting
from emails.outbox import Sender
from emails.press import Press
from emails.recovery import recover
from leads import consenting, events, hit_log, judging
from leads.forgetting import Clerk
from leads.hit_log import Met
from leads.identity import Capture, ConsentAnswer, load_leads, record
from sales import verdicts
from sales.handoff import open_hand_off
from sales.notebook import Author
from sales.verdicts import Verdict
from storage.database import open_database
from storage.schema import enrolments, hand_offs, hits, leads, messages
from tests.conftest import SettableClocks
from tests.terreau.copies import Copy
from tests.terreau.frail import Died, Interrupted, Mortal
from tests.terreau.post_office import PostOffice
from tests.terreau.sworn import swear_in
from tests.terreau.town_content import RELEASES, SEQUENCES
from workflows import gaps, pauses
from workflows.engine import Engine
from workflows.resting import EVERYTHING
from workflows.values import TERMINAL

ZONE = "Europe/Paris"
ADA = settling.Decider(Clerk("ada"), "a key of sixteen signs")
ZONES = {"ada": "Europe/Paris", "bob": "America/Montreal", "chloe": "Pacific/Auckland", "dan": None}
TREES = {name: Tree({path: text.encode() for path, text in texts.items()}) for name, texts in RELEASES.items()}
SITES = {name: load_site(tree)[0] for name, tree in TREES.items()}
PRESS = Press(Setting("https://lumen.example", "en"))  # compiling a text costs more than a life: once for all of them
A_MINUTE, A_WATCH = timedelta(minutes=1), timedelta(hours=5)


@dataclass
class Town:
    """Everything that can happen, as verbs; `who` is one of ZONES, and has to be known but for `submits`."""

    url: str
    folder: Path
    lead_of: dict[str, int] = field(default_factory=dict)
    agreed: dict[str, set[str]] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)  # addresses
    resting: set[str] = field(default_factory=set)
    sent_forms: int = 0

    def __post_init__(self):
        self.clocks = SettableClocks()
        self.database = open_database(self.url, durable=False)
        self.do(swear_in)
        self.config = Config.model_validate({"data": {"dir": self.folder}, "mail": {"connections": 1}})
        self.keys = self.config.keys()
        self.office = PostOffice(self)
        self.applies("first")
        self.begins()
        self.watch()

    def begins(self):
        """The processes of the house, which know nothing but what is written."""
        self.releases = Releases(self.database, BlobTable(self.database), patience=0)
        self.engine = self.another_engine(self.database)
        signer = Signer(self.keys.signing, self.clocks.machine)
        parts = (self.database, self.releases, self.config, self.clocks, signer, self.office, "sender")
        self.sender = Sender(*parts)

    def begins_again(self):
        """They stop in good order, and come back at once."""
        self.sender.close()
        self.begins()

    def another_engine(self, database):
        hand_off = partial(open_hand_off, base_url="https://lumen.example", zone=ZONE)
        engine = Engine(
            database, self.releases, self.clocks, ZONE, "engine", hand_off, suppression_key=self.keys.suppression
        )
        engine.watched_by(self.watch)
        return engine

    def close(self):
        self.sender.close()
        self.database.close()

    def do(self, job):
        return self.database.write(job)

    @property
    def now(self):
        return self.clocks.moment()

    # ------------------------------------------------------------ people

    def submits(self, who, form, twice=False):
        self.sent_forms += not twice
        email = f"{who}@lumen.example"
        capture = Capture(
            form, None, "en", {}, {"email": email, "first_name": who}, {}, (ConsentAnswer("tips", "Yes.", True),), {},
            f"form-{self.sent_forms}", 1, hand_raise=form == "demo",
        )  # fmt: skip
        lead_id = self.do(lambda conn: record(conn, capture, self.now)).lead_id
        zone = update(leads).where(leads.c.id == lead_id).values(timezone=ZONES[who])
        self.do(lambda conn: conn.execute(zone) and None)
        assert self.lead_of.setdefault(who, lead_id) == lead_id
        self.agreed.setdefault(who, set())

    def confirms(self, who):
        known = suppressed_hash(self._lead(who), self.keys)
        self.do(
            lambda conn: consenting.grant(
                conn, self.lead_of[who], ["tips"], locale="en", proof={}, now=self.now, suppressed_hash=known
            )
        )
        if "tips" not in self.agreed[who]:
            self.left.discard(who)
        self.agreed[who].add("tips")

    def withdraws(self, who):
        self.agreed[who].discard("tips")
        self.do(
            lambda conn: consenting.withdraw(conn, self.lead_of[who], ["tips"], locale="en", proof={}, now=self.now)
        )

    def leaves(self, who):
        if who in self.lead_of:
            lead = self._lead(who)
            self.do(lambda conn: leave_everything(conn, lead, self.keys, "unsubscribe", self.now))
            self.agreed[who].clear()
            self.left.add(who)

    def looks(self, who, page, evidence="human"):
        self.do(lambda conn: events.append(conn, self.lead_of[who], "page_seen", self.now, evidence=evidence,
                                           subject=page))  # fmt: skip

    def clicks(self, who, human):
        """In the newest mail that came; whoever is no human does not look at the page."""
        lead_id = self.lead_of[who]

        def job(conn):
            ours = (messages.c.lead_id == lead_id) & (messages.c.state == "sent")
            email = conn.scalar(select(messages.c.email).where(ours).order_by(messages.c.id.desc()).limit(1))
            if email is None:
                return
            marks = () if human else ("scanner",)
            met = Met(lead_id, "click", "0", "link_clicked", email, marks=marks)
            hit_log.note(conn, met, self.now, seen=human, touched=human)
            judging.settle(conn, self.now)

        self.do(job)

    def turns_out(self, who, klass):
        """Somebody says of the newest hit that it was another's than was believed."""

        def job(conn):
            newest = select(hits.c.id).where(hits.c.lead_id == self.lead_of[who]).order_by(hits.c.id.desc()).limit(1)
            number = conn.scalar(newest)
            if number is not None:
                judging.correct(conn, number, klass, "ada", self.now)

        self.do(job)

    def _lead(self, who):
        with self.database.read() as conn:
            return load_leads(conn, [self.lead_of[who]])[self.lead_of[who]]

    # ------------------------------------------------------------ staff

    def judges(self, said):
        """Sales answers the oldest hand-off that waits."""
        with self.database.read() as conn:
            waiting = select(hand_offs.c.id).where(hand_offs.c.verdict.is_(None)).order_by(hand_offs.c.id).limit(1)
            number = conn.scalar(waiting)
        if number is not None:
            verdict = Verdict(said, None if said == "accepted" else "not-now")
            self.do(lambda conn: verdicts.answer(conn, number, verdict, Author("Nadia", "nadia"), self.now))

    def settles(self, choice):
        """Somebody finds out what became of the oldest mail in doubt."""
        with self.database.read() as conn:
            doubtful = select(messages.c.id).where(messages.c.state == "unknown").order_by(messages.c.id).limit(1)
            number = conn.scalar(doubtful)
        if number is not None:
            self.do(lambda conn: settling.settle(conn, number, choice, ADA, self.now))

    def applies(self, name):
        apply(
            self.database, TREES[name], SITES[name], "ada", None, None, self.now, BlobTable(self.database),
            {(sequence, None): "next" for sequence in SEQUENCES},
        )  # fmt: skip

    def pauses(self, name):
        self.do(lambda conn: pauses.begin(conn, name, "a wrong price", "ada", self.now))
        self.resting.add(name)

    def resumes(self, name):
        self.do(lambda conn: pauses.end(conn, name, self.now))
        self.resting.discard(name)

    # ------------------------------------------------------------ machines

    def works(self):
        for _ in range(200):
            if not self.engine.work():
                return
        raise AssertionError("the engine does not come to rest")

    def dies(self, writes, committed):
        """Another engine takes over, and dies at one of its writes; the first one buries it a minute later."""
        try:
            self.another_engine(Mortal(self.database, writes, committed)).work()
        except Died:
            return

    def works_while(self, reads, happens):
        """Another engine takes over, and what it has read is no longer true when it writes."""
        self.another_engine(Interrupted(self.database, reads, happens)).work()

    def posts(self, moods=()):
        """The sender works through what is due; machine time passes for it as for everybody."""
        self.office.moods = deque(moods)
        self.clocks.machine_now += timedelta(seconds=2)  # what it put off by a second is due
        # Its heart beats by the process's own clock, on which no time passes here.
        self.sender._beat_at = self.sender._recover_at = 0.0
        done = self.sender.drain(Event())
        self.office.moods.clear()
        return done

    def watch(self):
        """What the house does before each beat: look for a gap in time."""
        path = self.folder / "incarnation"
        found, incarnation = self.do(lambda conn: gaps.look(conn, path, False, self.now))
        gaps.keep(path, incarnation)
        if isinstance(found, gaps.Ask):
            self.resting.add(EVERYTHING)

    # ------------------------------------------------------------ copies

    def keeps_a_copy(self):
        """A backup, taken while the house lives on: it is seen again before anybody can put the copy back."""
        self.copy = Copy.of(self)
        self.watch()

    def restores(self):
        """The copy is put back. It knows nothing of what came since, and rests until a person says that all is well."""
        self.sender.close()
        self.copy.put_back(self)
        self.begins()
        self.resting.discard(EVERYTHING)
        self.watch()
        assert EVERYTHING in self.resting, "a restored copy goes on as if nothing had happened"

    # ------------------------------------------------------------ time

    def passes(self, by, posted):
        """Time in which the engine lives, and looks up often enough to see no gap."""
        end = self.clocks.calendar_now + by
        while (now := self.clocks.calendar_now) < end:
            due = self.engine.next_due() or end
            self.clocks.advance(min(max(due - now, A_MINUTE), A_WATCH, end - now))
            self.works()
            while posted and self.posts():
                self.works()

    def vanishes(self, by):
        """Time in which nobody was there; whoever comes back looks at the clock first."""
        self.clocks.advance(by)
        self.watch()

    def turns_back(self, by):
        """Somebody sets the calendar back; the machine's own clock goes on."""
        self.clocks.calendar_now -= by
        self.clocks.machine_now += A_MINUTE
        self.watch()

    def comes_to_its_end(self):
        """Everything goes on, every mail arrives, nobody does anything: until nothing is left to do."""
        self.engine.watched_by(lambda: None)
        for name in tuple(self.resting):
            self.resumes(name)
        for _ in range(400):
            self.works()
            while self.posts():
                self.works()
            recover(self.database, self.now)
            inside, under_way = self._unfinished()
            if not inside and not under_way:
                return
            due, now = self.engine.next_due(), self.clocks.calendar_now
            assert due is not None or under_way, f"nothing is ahead, and somebody is inside: {inside}"
            ahead = [timedelta(days=1)] if under_way else []
            self.clocks.advance(min([*ahead, *([max(due - now, A_MINUTE)] if due is not None else [])]))
        raise AssertionError(f"no end of it: {self._unfinished()}")

    def _unfinished(self):
        with self.database.read() as conn:
            inside = conn.execute(select(enrolments).where(enrolments.c.state == "active")).all()
            under_way = conn.execute(select(messages.c.id).where(messages.c.state.not_in(TERMINAL))).all()
        return inside, under_way

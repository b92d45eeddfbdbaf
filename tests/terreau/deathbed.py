"""A house in which everything happens that is written down, and moments of it at which its process can be made to die.

Every life is a fork of the test: it begins with nothing but the database, the mailbox and the list of what its callers
were thanked for, goes on with the first act that nobody was thanked for, and is killed, or comes to the end.
"""

import os
import signal
import threading
import traceback
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace

from sqlalchemy import select

from authoring.blobs import BlobDirectory
from authoring.releases import Releases, apply
from base.mail_settings import Bounces
from emails import bounce_box
from emails.bounce_box import BounceBox
from emails.intake import Rules
from leads import consenting, forgetting, hit_log, identity, judging
from leads.forgetting import Clerk, Desk
from sales import notifier
from sales.notifier import Notifier
from sales.webhooks import Taken
from storage import holders
from storage.database import open_database
from storage.schema import hits, leads, messages
from tests.conftest import MONDAY, SUPPRESSION_KEY, Lively, SettableClocks
from tests.emails.test_returns import report
from workflows import engine, writing

CRM = SimpleNamespace(
    name="crm", kind="signed", url="https://crm.example", secret="whsec_c2VjcmV0", allow_private=False
)


def dies():
    os.kill(os.getpid(), signal.SIGKILL)


def _after(owner, name):
    return owner, name, True


def _before(owner, name):
    return owner, name, False


# RELIABILITY, annex B, but for the points of a letter's way, which are in `tests.emails.points`. `after` what is named
# inside a transaction nothing is committed yet; `before` what follows a commit, it is.
POINTS = {
    "form.validated": _before(identity, "record"),
    "form.inserted": _after(identity, "record"),
    "form.committed": "form",
    "confirm.token_used": _after(consenting, "grant"),
    "confirm.committed": "confirm",
    "tick.selected": _before(engine.Engine, "_take"),
    "fold.half": _after(engine, "read_batch"),
    "score.written": _after(writing, "_write_standings"),
    "stage.written": _after(writing, "_stage_changes"),
    "enrol.inserted": _after(writing, "_write_enrolments"),
    "alert.queued": _after(writing, "_hand_off"),
    "fold.written": _after(engine, "write_turns"),
    "fold.committed": _after(engine.Engine, "_write"),
    "alert.claimed": _before(Notifier, "_deliver"),
    "alert.sent": _before(Notifier, "_settle"),
    "alert.settled": _after(Notifier, "_settle"),
    "hit.inserted": _after(hit_log, "note"),
    "hit.committed": "click",
    "hit.judged": _after(judging, "settle"),
    "bounce.read": _after(bounce_box, "read"),
    "bounce.applied": _after(bounce_box, "take"),
    "bounce.committed": _before(BounceBox, "_put_away"),
    "unsubscribe.inserted": _after(consenting, "withdraw"),
    "unsubscribe.committed": "leave",
    "erase.half": _after(forgetting, "record"),
    "erase.committed": _before(forgetting, "_keep"),
    "erase.listed": _after(forgetting, "_keep"),
    "lease.renew": _after(holders, "beat"),
}


class World:
    """One process of the house: `folder` is its data, `acts` its callers in their order."""

    def __init__(self, url, folder, life):
        self.folder, self.database = folder, open_database(url, durable=False)
        self.clocks = SettableClocks(MONDAY, MONDAY + life * timedelta(hours=1))  # whoever died is known to be dead
        self.box = folder / "bounces"
        releases = Releases(self.database, BlobDirectory(folder / "blobs"), patience=0)
        self.desk = Desk(self.database, SUPPRESSION_KEY, folder)
        self.people = Lively(self.database, self.clocks, releases)

    def one(self, query):
        with self.database.read() as conn:
            return conn.execute(query.limit(1)).scalar_one_or_none()

    def who(self, name):
        return self.one(select(leads.c.id).where(leads.c.email == f"{name}@lumen.example"))

    def fills_in(self, number, who, form, **answers):
        self.people.sent = number  # a form that is sent again carries the same key
        self.people.submits(who, form, **answers)

    def confirms(self):
        self.people.agrees(self.who("ada"), "conseils-3d")

    def follows_a_link(self):
        if self.one(select(hits.c.id)) is None:  # who is not answered is on the page, or presses again
            met = hit_log.Met(self.who("ada"), "click", "0", "link_clicked", "tips/one", page="demo")
            self.database.write(lambda conn: hit_log.note(conn, met, self.clocks.moment(), seen=True, touched=True))

    def is_judged(self):
        self.clocks.advance(timedelta(minutes=2))
        self.people.works()

    def comes_back(self):
        self.people.works()
        his = select(messages.c.token).where(messages.c.lead_id == self.who("bob"), messages.c.state == "sent")
        (self.box / "new").mkdir(parents=True, exist_ok=True)
        if not (self.box / "cur").exists():
            raw = report(token=self.one(his), recipient="rfc822; bob@lumen.example")
            (self.box / "new" / "1").write_bytes(raw)
        BounceBox(self.box, self.database, Rules(SUPPRESSION_KEY, Bounces()), self.clocks).drain(threading.Event())
        self.people.works()

    def leaves(self):
        lead_id, now = self.who("ada"), self.clocks.moment()
        self.database.write(
            lambda conn: consenting.withdraw(conn, lead_id, ["conseils-3d"], locale="fr", proof={}, now=now)
        )

    def is_erased(self):
        if (lead_id := self.who("bob")) is not None:
            forgetting.forget(self.desk, lead_id, "erase", Clerk("ada"), self.clocks.moment())

    def sales_is_told(self):
        """By webhook: the other side keeps a list of what it got."""

        def deliver(endpoint, event_id, *given):
            with (self.folder / "told").open("a") as file:
                file.write(f"{event_id}\n")
            return Taken()

        notifier.deliver = deliver
        config = SimpleNamespace(webhooks=[CRM])
        Notifier(self.database, config, self.clocks, "one").drain(threading.Event())


ACTS = (
    ("form", lambda world: world.fills_in(0, "ada", "guide-3d", last_name="Lovelace")),
    ("form", lambda world: world.fills_in(1, "bob", "guide-3d")),
    ("confirm", World.confirms),
    ("click", World.follows_a_link),
    ("judge", World.is_judged),
    ("form", lambda world: world.fills_in(2, "ada", "demo")),
    ("told", World.sales_is_told),
    ("beat", World.is_judged),
    ("bounce", World.comes_back),
    ("leave", World.leaves),
    ("fold", World.is_judged),
    ("erase", World.is_erased),
    ("end", lambda world: forgetting.complete_list(world.desk)),
)


def begin(url, folder, example):
    """The example content in force."""
    tree, parsed = example
    with closing(open_database(url)) as database:
        now = SettableClocks(MONDAY, MONDAY).moment()
        apply(database, tree, parsed, "ada", None, None, now, BlobDirectory(folder / "blobs"))


def live(url, folder, life, point=None, nth=1):
    """A life in a fork; how it ended: `killed`, or `done`."""
    child = os.fork()
    if child == 0:
        try:
            _lives(url, folder, life, point, nth)
            os._exit(0)
        except BaseException:
            (folder / "fault").write_text(traceback.format_exc())
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed"
    return "done" if status == 0 else (folder / "fault").read_text()


def _lives(url, folder, life, point, nth):
    armed = POINTS.get(point)
    if isinstance(armed, tuple):
        arm(*armed, nth)
    world, thanked = World(url, folder, life), folder / "thanked"
    done = len(thanked.read_text()) if thanked.exists() else 0
    for number, (name, act) in enumerate(ACTS):
        world.clocks.advance(timedelta(seconds=20))
        if number < done:
            world.clocks.calendar_now = MONDAY + timedelta(hours=number)
            continue
        world.clocks.calendar_now = MONDAY + timedelta(hours=number)
        act(world)
        if armed == name:
            dies()
        with thanked.open("a") as file:
            file.write(".")


def arm(owner, name, after, nth):
    """Let this process die at the `nth` time it comes there."""
    true, times = getattr(owner, name), [0]

    def passes(*given, **named):
        times[0] += 1
        if times[0] < nth:
            return true(*given, **named)
        if after:
            list(made) if hasattr(made := true(*given, **named), "__next__") else made
        return dies()

    setattr(owner, name, passes)

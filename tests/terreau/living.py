"""Lives in the real house, for the tests of this room: personas under the content of a folder, on any database."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import select

from authoring.models.personas import Persona
from base.calendars import at_local
from base.clock import Clocks, VirtualCalendar, system_clocks
from base.config import Config
from storage.schema import messages
from terreau.applying import Signature, apply_content
from terreau.cli import main
from terreau.deeds import DEEDS, Life, StillCalendar
from terreau.house import House
from terreau.personas import Letters
from terreau.virtual import declare
from workflows import gaps, pauses
from workflows.resting import EVERYTHING

TEXT = '+++\nsubject = "S"\npreheader = "P"\nwhy = "W"\n+++\n\nBonjour\n'
HEAD = """
title = "Random"
topic = "conseils-3d"
sender = "ines"
trigger = [{ event = "consent_granted", subject = "conseils-3d" }]
"""


def terreau(*words, answer=None):
    """What the command says to somebody who types it; `answer` is what they answer."""
    result = CliRunner().invoke(main, list(words), input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def today(lively):
    """Let the commands find the day that has come for those people."""
    machine = system_clocks().machine
    calendar = VirtualCalendar(machine, lively.clocks.calendar_now, machine())
    lively.database.write(lambda conn: declare(conn, calendar))


def write(folder, name, text, mails=()):
    """A sequence of the content, with a text for each of its mails."""
    (folder / "content" / "sequences" / f"{name}.toml").write_text(text)
    place = folder / "content" / "emails" / name
    place.mkdir(parents=True, exist_ok=True)
    for mail in mails:
        for locale in ("fr", "en"):
            (place / f"{mail}.{locale}.md").write_text(TEXT)


def write_persona(folder, name, text):
    (folder / "content" / "personas" / f"{name}.toml").write_text(text)


ADA = """
title = "Ada"
until = 2026-12-20T12:00:00
timezone = "{zone}"
[fields]
email = "ada@lumen.example"
first_name = "Ada"

[[action]]
at = 2026-10-23T10:05:00
do = "submit"
form = "guide-3d"
page = "guide-3d"
answers = {{ profession = "interior", practice = "slow", consent_conseils = true }}

[[action]]
at = 2026-10-23T10:12:00
do = "confirm"
"""


WAITS = (
    'wait = "{n} days"', 'wait = "{n} hours"', 'wait = "{n} days"\nwait_from = "entry"', 'wait = "{n} business days"',
    'wait_until = {{ time = "09:30", weekdays = ["tue", "thu"] }}', 'wait = "1 day"\nwait_until = {{ time = "08:00" }}',
    "",
)  # fmt: skip
ACTS = (
    'email = "m{i}"', 'email = "m{i}"', 'email = "m{i}"\nsend_window = {{ from = "09:00", to = "11:00" }}',
    'set = {{ add_tags = ["t{i}"] }}', 'notify = {{ subject = "S", text = "T" }}',
    'email = "m{i}"\nonly_if = {{ tag = "t{before}" }}',
    'branch = {{ case = [{{ when = {{ tag = "t{before}" }}, to = "s{last}" }}] }}',
    'email = "m{i}"\nonly_if = {{ event = "page_seen", within = "3 days" }}',
    'task = {{ title = "T", due = "2 days" }}',
    'split = [{{ weight = 1, to = "s{last}" }}, {{ weight = 3, to = "s{next}" }}]', 'enrol = "demande-demo"',
)  # fmt: skip


def any_sequence(dice):
    """A sequence of random steps, and the mails in it."""
    size = dice.randint(4, 9)
    steps = []
    for i in range(size):
        act = dice.choice(ACTS).format(i=i, before=max(i - 1, 0), next=i + 1, last=size - 1)
        if i == size - 1 or dice.random() < 0.2:
            act = f'email = "m{i}"'
        if i > 2 and dice.random() < 0.1:
            act = f'jump = "s{i - 1}"\nmax_passes = 2'
        wait = dice.choice(WAITS).format(n=dice.randint(1, 5))
        steps.append(f'[[step]]\nid = "s{i}"\n{wait}\n{act}\n')
        if dice.random() < 0.3:
            waits = '{ when = { event = "page_seen" }, timeout = "2 days", on_timeout = "next" }'
            steps.append(f'[[step]]\nid = "w{i}"\nwait_for = {waits}\n')
    more = dice.choice(["", 'expires_after = "2 days"\n', 'exit_when = [{ stage_at_least = "sql" }]\n'])
    more += dice.choice(["", 'on_edit = "adopt"\n'])
    more += dice.choice(["", 'quiet_hours = { from = "21:00", to = "08:00" }\n', "holidays = [2026-11-11]\n"])
    more += dice.choice(["", 'on_resume = "send"\n', 'on_resume = "skip"\n'])
    priority = f"priority = {dice.randint(0, 100)}\n"
    return HEAD + more + priority + "\n".join(steps), [f"m{i}" for i in range(size)]


def config_of(folder, database_url):
    return Config.model_validate(
        {
            "database": {"url": database_url},
            "data": {"dir": folder / "data"},
            "content": {"dir": folder / "content"},
            "mail": {"connections": 1},
        }
    )


@dataclass
class Machine:
    """The machine's clock, which a test may push: what a sender puts off by a second is not put off by a day."""

    pushed: timedelta = timedelta()

    def now(self):
        return system_clocks().machine() + self.pushed


class Patient(Life):
    """A life in which every mail that is due has left before the calendar moves on."""

    def settle(self):
        super().settle()
        for _ in range(20):
            with self.house.database.read() as conn:
                due = conn.execute(select(messages.c.id).where(messages.c.state == "due")).all()
            if not due:
                return
            MACHINE.pushed += timedelta(seconds=2)
            super().settle()
        raise AssertionError("a mail stays due")


MACHINE = Machine()


def watch(life):
    """What the house does every few seconds while it runs: look for a gap in time."""
    path, now = life.house.config.data.dir / "incarnation", life.house.clocks.moment()
    found, incarnation = life.house.database.write(lambda conn: gaps.look(conn, path, False, now))
    gaps.keep(path, incarnation)
    if isinstance(found, gaps.Ask):  # the person who is asked says that all is well
        life.house.database.write(lambda conn: pauses.end(conn, EVERYTHING, now))


def lived(database, persona: Persona, config: Config):
    """What the real house writes when the persona lives in it, edits and outages included."""
    zone = persona.timezone or config.site.timezone
    at = {id(one): at_local(one.at.date(), one.at.time(), zone) for one in (*persona.action, *persona.edit)}
    gaps = [tuple(at_local(end.date(), end.time(), zone) for end in (one.from_, one.to)) for one in persona.outage]
    calendar = StillCalendar(min(at.values()))
    clocks = Clocks(calendar.now, MACHINE.now)
    house = House.build(config, clocks, Letters(), database)
    house.releases._patience = 0  # releases of this calendar come within a second of ours
    apply_content(config, database, house.blobs, Signature("ada"), clocks.moment())
    life = Patient(persona, house, calendar)
    for one in sorted((*persona.action, *persona.edit), key=lambda one: at[id(one)]):
        reach(life, at[id(one)], gaps)
        if one in persona.edit:
            file = Path(config.content.dir) / one.file
            file.write_text(file.read_text().replace(one.find, one.put))
            apply_content(config, database, house.blobs, Signature("ada"), clocks.moment())
        else:
            database.write(partial(DEEDS[one.do], life=life, action=one))
        if not any(begin <= calendar.now() < end for begin, end in gaps):
            life.settle()
    reach(life, at_local(persona.until.date(), persona.until.time(), zone), gaps)
    return life


def reach(life, at, gaps):
    """Live up to `at`; what falls due in a gap is done at its end."""
    for begin, end in sorted(gaps):
        if life.calendar.now() < end and begin <= at:
            if life.calendar.now() < begin:
                life.reach(begin - timedelta(seconds=1))
                life.calendar.jump_to(begin)
                watch(life)
            life.calendar.jump_to(min(end, at))
            if life.calendar.now() == end:
                watch(life)
                life.settle()
    if not any(begin <= at < end for begin, end in gaps):
        life.reach(at)

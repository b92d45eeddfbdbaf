"""Plays a persona of the content through the real house, on a database and a calendar of its own, and says what came.

What a persona does goes through the verbs of `leads`, what follows through the engine and the sender; only the mail
server is not there: its letters are kept.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from authoring.models.personas import Persona
from authoring.site import Site
from base.calendars import at_local
from base.clock import Clocks, system_clocks
from base.config import Config
from base.saying import said
from emails.replies import Meaning, Reply
from emails.talks import Talk
from emails.transports import Envelope
from storage.migrate import migrate
from storage.schema import hand_offs, messages, stage_changes, standings
from terreau.deeds import DEEDS, Life, Misplayed, StillCalendar
from terreau.house import House
from terreau.preparing import content_in_force


class Letters:
    """A way to deliver that keeps what it is given: the transport of a persona."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.used = 0
        self._recipient = ""

    def connect(self) -> "Letters":
        return self

    def offer(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        yield from ()
        self._recipient = envelope.recipient
        return "go", Reply(354, "go on")

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        yield from ()
        self.kept.append((self._recipient, data))
        return Reply(250, "kept")

    def close(self) -> None:
        """Nothing is kept open."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a persona. Points are milli-points; `interests` strongest first; `briefs` one per alert."""

    stages: tuple[tuple[datetime, str], ...]
    stage: str
    engagement: int
    fit: int
    interests: tuple[str, ...]
    mails: tuple[tuple[datetime, str], ...]  # calendar, "SEQUENCE/EMAIL" or the notification's name
    briefs: tuple[Mapping[str, Any], ...]


def play_persona(persona: Persona, content: Path) -> Played:
    """The persona's life under the content of that folder, up to `until`, or up to its last act. Raises Misplayed."""
    with _life(persona, content) as life:
        for action in sorted(persona.action, key=lambda one: _instant(one.at, life)):
            life.reach(_instant(action.at, life))
            life.house.database.write(partial(DEEDS[action.do], life=life, action=action))
            life.settle()
        if persona.until is not None:
            life.reach(_instant(persona.until, life))
        return _told(life)


def unmet(persona: Persona, played: Played, site: Site) -> list[str]:
    """The expectations of the persona's file that did not come true, each as a sentence."""
    suggested = [str(brief.get("suggestion")) for brief in played.briefs]
    return unmet_by(persona, [stage for _, stage in played.stages], played.interests, suggested, site)


def unmet_by(
    persona: Persona, stages: Sequence[str], interests: tuple[str, ...], suggested: Sequence[str], site: Site
) -> list[str]:
    """The same by what came: stages in order, interests strongest first, what was suggested at each hand-off."""
    expect, reached = persona.expect, [site.stage_rank(stage) for stage in stages] or [0]
    looked: dict[str, Callable[[], bool]] = {
        f"reaches {expect.stage_at_least}": lambda: max(reached) >= site.stage_rank(str(expect.stage_at_least)),
        f"stays below {expect.stage_below}": lambda: max(reached) < site.stage_rank(str(expect.stage_below)),
        f"is above all interested in {expect.top_interest}": lambda: interests[:1] == (expect.top_interest,),
        f"is alerted with a suggestion of {expect.suggestion_contains}": lambda: any(
            str(expect.suggestion_contains) in text for text in suggested
        ),
    }
    asked = (expect.stage_at_least, expect.stage_below, expect.top_interest, expect.suggestion_contains)
    return [
        f"expected that « {persona.title} » {sentence}"
        for (sentence, held), given in zip(looked.items(), asked, strict=True)
        if given is not None and not held()
    ]


@contextmanager
def _life(persona: Persona, content: Path) -> Iterator[Life]:
    machine = system_clocks().machine
    with tempfile.TemporaryDirectory(prefix="terreau-persona-", ignore_cleanup_errors=True) as folder:
        config = _settings(Path(folder), content)
        migrate(config.database.url)
        if not persona.action:
            raise Misplayed(said("“%(who)s” does nothing: `terreau simulate` lets them in", who=persona.title))
        first = min(action.at for action in persona.action)
        zone = persona.timezone or config.site.timezone
        calendar = StillCalendar(_local(first, zone))
        clocks = Clocks(calendar.now, machine)
        with closing(House.build(config, clocks, Letters())) as house:
            content_in_force(house)
            yield Life(persona, house, calendar)


def _settings(folder: Path, content: Path) -> Config:
    return Config.model_validate(
        {
            "database": {"url": f"sqlite:///{folder}/persona.db"},
            "data": {"dir": folder},
            "content": {"dir": content},
            "mail": {"connections": 1},
        }
    )


def _instant(at: datetime, life: Life) -> datetime:
    return _local(at, life.persona.timezone or life.house.config.site.timezone)


def _local(at: datetime, zone: str) -> datetime:
    return at if at.tzinfo is not None else at_local(at.date(), at.time(), zone)


def _told(life: Life) -> Played:
    with life.house.database.read() as conn:
        standing = conn.execute(select(standings).where(standings.c.lead_id == life.lead)).one()
        passages = conn.execute(select(stage_changes).order_by(stage_changes.c.id)).all()
        sent = conn.execute(select(messages).where(messages.c.state == "sent").order_by(messages.c.id)).all()
        briefs = list(conn.scalars(select(hand_offs.c.brief).order_by(hand_offs.c.id)))
    return Played(
        stages=tuple((row.at, row.to_stage) for row in passages),
        stage=standing.stage,
        engagement=standing.engagement,
        fit=standing.fit,
        interests=strongest_first(standing.interests),
        mails=tuple((row.sent_at, row.email) for row in sent),
        briefs=tuple(briefs),
    )


def strongest_first(interests: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(interests, key=interests.__getitem__, reverse=True))

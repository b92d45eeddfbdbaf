"""Where a lead came from, who brought them, whose they are and why: as lines and as JSON of `terreau explain`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from console.lead_filters import SOURCES
from console.lead_parts import TOUCHED, facts_of
from leads.brought import Brought, brought
from reports.touches import Touched, touches
from sales.provenance import who_brought, why_given
from sales.routing import ASSIGNED, LATE, why
from sales.whose import Given, Handed, given, handed
from sales.wording import Voice


@dataclass(frozen=True, slots=True)
class Whence:
    """What the house knows of it; hand-offs and what was given away newest first, the rest oldest first."""

    brought: tuple[Brought, ...]
    touches: tuple[Touched, ...]
    hand_offs: tuple[Handed, ...]
    given: tuple[Given, ...]

    def lines(self, voice: Voice) -> Iterator[str]:
        yield from self._whose(voice)
        if self.brought:
            yield from ("", voice.say.gettext("Who brought them"))
            yield from (_line(one.at, who_brought(one, voice), voice) for one in self.brought)
        yield from ("", voice.say.gettext("How they came"))
        yield from (_line(one.at, _touch(one, voice), voice) for one in self.touches)
        if not self.touches:
            yield "  " + voice.say.gettext("nobody knows")

    def as_json(self, voice: Voice) -> dict[str, Any]:
        return {
            "touches": [one.as_json() for one in self.touches],
            "brought": [one.as_json() for one in self.brought],
            "hand_offs": [{**one.as_json(), "why": why(one.routed, voice)} for one in self.hand_offs],
            "given": [{**one.as_json(), "why": why_given(one, voice)} for one in self.given],
        }

    def _whose(self, voice: Voice) -> Iterator[str]:
        """Each hand-off, and each time the lead was given away; of a hand-off that went along, only the latter."""
        yield from ("", voice.say.gettext("Whose they are, and why"))
        stayed = [one for one in self.hand_offs if one.routed.by not in (ASSIGNED, LATE) or not self.given]
        told = [(one.at, why(one.routed, voice)) for one in stayed]
        told += [(one.at, why_given(one, voice)) for one in self.given]
        yield from (_line(at, text, voice) for at, text in sorted(told, reverse=True))
        if not told:
            yield "  " + voice.say.gettext("not handed to sales so far")


def whence(conn: Connection, lead_id: int, at: datetime) -> Whence:
    """What was known of it at that instant of the calendar."""
    return Whence(
        tuple(one for one in brought(conn, lead_id) if one.at <= at),
        tuple(one for one in touches(conn, lead_id) if one.at <= at),
        tuple(one for one in handed(conn, lead_id) if one.at <= at),
        tuple(one for one in given(conn, lead_id) if one.at <= at),
    )


def _line(at: datetime, text: str, voice: Voice) -> str:
    return f"  {voice.say.moment(at, voice.zone)}  {text}"


def _touch(one: Touched, voice: Voice) -> str:
    told, say = {**one.touch, "page": one.page}, voice.say.gettext
    noted = facts_of(told, say)
    facts = [say("%(name)s: %(what)s", name=say(TOUCHED[key]), what=what) for key, what in noted.items()]
    return ", ".join([say(SOURCES[one.channel]), *facts])

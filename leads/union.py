"""The stories of leads who are one, as one story.

What happened since they are one is numbered by the survivor. What happened before has numbers of its own lead's: in the
survivor's story it stands after whatever had been written down there by then, under that number.

Pure: no database, no clock, no network.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from leads.facts import MERGED, RECLASSED, Event


@dataclass(frozen=True, slots=True)
class Written:
    """An event as it stands in the log of its own lead."""

    lead_id: int
    recorded_at: datetime
    event: Event


def one_story(lead_id: int, joined: Mapping[int, int], written: Iterable[Written]) -> list[Event]:
    """The events of `lead_id` and of all in `joined` ({lead: number of the event that joined it}), in order.

    Merges that were undone since are left out: they mean nothing for those who are one now.
    """
    logs = sorted(written, key=lambda one: (one.lead_id, one.event.seq))
    own = [one for one in logs if one.lead_id == lead_id]
    told = [(one.event.seq, 0, one.recorded_at, one.event) for one in own]
    for member, joined_seq in joined.items():
        theirs = [one for one in logs if one.lead_id == member]
        placed = _placed(theirs, own, joined_seq)
        told += [(event.seq, 1, one.recorded_at, event) for one, event in zip(theirs, placed, strict=True)]
    return [event for *_, event in sorted(told, key=lambda one: one[:3]) if _holds(event, joined)]


def _holds(event: Event, joined: Mapping[int, int]) -> bool:
    return event.name != MERGED or event.data.get("lead") in joined


def _placed(theirs: Sequence[Written], own: Sequence[Written], joined_seq: int) -> list[Event]:
    before = [one for one in own if one.event.seq < joined_seq]
    times = list(accumulate((one.recorded_at for one in before), max))  # a clock that was set back misplaces nothing
    numbers = {0: 0} | {place: one.event.seq for place, one in enumerate(before, start=1)}
    places = {one.event.seq: numbers[bisect_right(times, one.recorded_at)] for one in theirs}
    after = {seq: seq if seq > joined_seq else place for seq, place in places.items()}
    return [_recited(replace(one.event, seq=after[one.event.seq]), after) for one in theirs]


def _recited(event: Event, numbers: Mapping[int, int]) -> Event:
    """What it says was counted, under the numbers of this story."""
    if event.name != RECLASSED:
        return event
    counted = [{**each, "seq": numbers.get(each["seq"], each["seq"])} for each in event.data.get("counted", ())]
    return replace(event, data={**event.data, "counted": counted})

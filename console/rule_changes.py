"""Changes of the agreement as its page tells them: who made them, and what they would have made of the past."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from authoring.site import Site
from console.context import day, number, on_calendar, percent, say, say_n, span, viewer
from console.names import Names
from leads.effects import Effect, Shifted
from leads.what_if import How
from reports.intervals import FEW, Share, wilson
from reports.rule_changes import RuleChange


@dataclass(frozen=True, slots=True)
class Moved:
    """One stage: how many leads come newly, no longer, earlier and later, each with by how much."""

    stage: str
    newly: str
    no_longer: str
    earlier: str
    later: str
    by_earlier: str
    by_later: str


@dataclass(frozen=True, slots=True)
class Told:
    """One change. `moved` is empty where the past would have been the same; `shares`: what sales accepted, by the rules
    before and by these."""

    release: int
    title: str
    by: str
    played: str
    moved: tuple[Moved, ...]
    shares: tuple[tuple[str, str], ...]


def told(changes: Iterable[RuleChange], site: Site) -> Iterator[Told]:
    """Each change in the viewer's language, stages by the names of `site`."""
    names = Names(site, viewer())
    for one in changes:
        effect, by = one.effect, _by(one)
        if effect is None:
            yield Told(one.release, "", by, "", (), ())
            continue
        title = f"{effect.was} → {effect.now}"
        moved = tuple(_moved(shift, names) for shift in effect.stages if shift.moves)
        yield Told(one.release, title, by, _played(effect), moved, tuple(_shares(effect)))


def _by(one: RuleChange) -> str:
    parts = [say("release %(number)s", number=one.release), day(on_calendar(one.at)), one.author, one.note or ""]
    return ", ".join(part for part in parts if part)


def _played(effect: Effect) -> str:
    sample = effect.sample
    if sample.whole:
        return say_n("%(count)s lead was played through both.", "%(count)s leads were played through both.", sample.of)
    return say(
        "Of %(all)s leads %(some)s were played through both, evenly spread.",
        all=number(sample.of), some=number(sample.looked_at),
    )  # fmt: skip


def _moved(shift: Shifted, names: Names) -> Moved:
    counts: dict[How, str] = {how: number(count) if count else "–" for how, count in shift.leads.items()}
    by: dict[How, str] = {
        how: say("half by %(span)s or more", span=span(timedelta(hours=hours))) if hours is not None else ""
        for how, hours in shift.hours.items()
    }
    return Moved(
        names.stage(shift.stage),
        counts["newly"],
        counts["no_longer"],
        counts["earlier"],
        counts["later"],
        by["earlier"],
        by["later"],
    )


def _shares(effect: Effect) -> Iterator[tuple[str, str]]:
    yield say("by the rules before"), _share(Share(*effect.old))
    yield say("by these rules"), _share(Share(*effect.new))


def _share(share: Share) -> str:
    counted = f"{number(share.n)} / {number(share.of)}"
    if share.of < FEW:
        return say("%(counted)s, not enough data yet", counted=counted)
    low, high = (percent(round(100 * end), 100) for end in wilson(share))
    return say(
        "%(counted)s, %(share)s (%(low)s to %(high)s)",
        counted=counted, share=percent(round(100 * share.value), 100), low=low, high=high,
    )  # fmt: skip

"""What changed rules would have made of the past, as it is kept with their release: figures that name nobody.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authoring.question import Sample
from authoring.site import Site
from leads.what_if import HOWS, Hits, How, StageShift, WhatIf


@dataclass(frozen=True, slots=True)
class Shifted:
    """How many leads come to a stage when, by the rules that came, as against those before. `hours`: half of those come
    earlier (or later) by at least so many."""

    stage: str
    leads: Mapping[How, int]
    hours: Mapping[How, int | None]

    @property
    def moves(self) -> bool:
        return any(count for how, count in self.leads.items() if how != "alike")


@dataclass(frozen=True, slots=True)
class Effect:
    """`was` and `now` are versions of the definitions. `old` and `new`: of those whom each would have handed to sales
    and whom sales has answered, how many it accepted: (accepted, answered)."""

    was: str
    now: str
    sample: Sample
    stages: tuple[Shifted, ...]
    old: tuple[int, int]
    new: tuple[int, int]

    @classmethod
    def of(cls, found: WhatIf, sample: Sample, former: Site, site: Site) -> "Effect":
        """What was found when `site` was played beside `former`."""
        stages = tuple(_shifted(shift) for shift in found.stages)
        versions = former.definitions.version, site.definitions.version
        return cls(*versions, sample, stages, _answered(found.old), _answered(found.new))

    @property
    def moves(self) -> bool:
        """Whether the past would have been another for anybody."""
        return any(one.moves for one in self.stages)

    def as_json(self) -> dict[str, Any]:
        return {
            "definitions": {"old": self.was, "new": self.now},
            "sample": self.sample.as_json(),
            "stages": [
                {"stage": one.stage, "leads": dict(one.leads), "median_hours": dict(one.hours)} for one in self.stages
            ],
            "sales": {"old": _counts(self.old), "new": _counts(self.new)},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Effect":
        """What `as_json` gave."""
        versions, sales = kept["definitions"], kept["sales"]
        return cls(
            versions["old"],
            versions["new"],
            Sample(kept["sample"]["looked_at"], kept["sample"]["of"]),
            tuple(Shifted(one["stage"], one["leads"], one["median_hours"]) for one in kept["stages"]),
            (sales["old"]["accepted"], sales["old"]["answered"]),
            (sales["new"]["accepted"], sales["new"]["answered"]),
        )


def _shifted(shift: StageShift) -> Shifted:
    return Shifted(
        shift.stage,
        {how: shift.counts[how] for how in HOWS},
        {how: shift.median(how) for how in shift.hours},
    )


def _answered(hits: Hits) -> tuple[int, int]:
    return hits.wanted, hits.answered


def _counts(answered: tuple[int, int]) -> dict[str, int]:
    return {"accepted": answered[0], "answered": answered[1]}

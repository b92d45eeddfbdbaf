"""The results: ratios within one run against a target, printed as a table and kept in bench/results.json."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Result:
    """`ratio` to the floor measured in the same run; `at_most` says which side of `target` is good."""

    name: str
    ratio: float
    target: float
    unit: str
    at_most: bool = False
    detail: str = ""
    ok: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ok", self.ratio <= self.target if self.at_most else self.ratio >= self.target)

    def line(self) -> str:
        sign = "≤" if self.at_most else "≥"
        verdict = "ok" if self.ok else "NO"
        return f"{verdict}  {self.name:<58} {self.ratio:8.2f} {self.unit:<8} {sign} {self.target:g}   {self.detail}"


def keep(results: list[Result]) -> None:
    """Write results.json: a list of name, ratio, target, ok, unit (and what was measured, in words)."""
    rows = [{**asdict(result), "ratio": round(result.ratio, 3)} for result in results]
    RESULTS.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")

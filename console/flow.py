"""The stem of a sequence: one drawing for each row of its table, the stem's width being people, its lanes the ways.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from authoring.models.sequences import Sequence
from authoring.models.steps import Step

END = ""  # where the last step leads
HEIGHT = 100
WIDTH = 112
# How many lanes -> where each lies, and how wide the widest ribbon may be. Further ways share the last lane.
LANES: Mapping[int, tuple[tuple[float, ...], float]] = {
    1: ((34,), 30),
    2: ((34, 84), 30),
    3: ((22, 56, 90), 24),
    4: ((16, 43, 70, 97), 18),
}
THINNEST = 2.0
POINT = -1  # in place of how many: the stream runs out


@dataclass(frozen=True, slots=True)
class Passed:
    """How many passed a step in the period, and how many stand before it now."""

    passed: int = 0
    inside: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the entry, a step's wait, its act, or the end. `lane` is where its mark stands, from 0."""

    kind: Literal["entry", "wait", "act", "end"]
    step: Step | None
    lane: int
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Stem:
    rows: tuple[Row, ...]
    lanes: int


@dataclass(frozen=True, slots=True)
class Arc:
    """A way from one step to a later one, or to END; `n` went it."""

    to: str
    lane: int
    n: int


@dataclass(frozen=True, slots=True)
class Knot:
    """A step with the ways that meet in it, those that leave it, and those that pass it by."""

    step: Step
    lane: int
    coming: tuple[Arc, ...]
    going: tuple[Arc, ...]
    passing: tuple[Arc, ...]
    n: int


def stem(sequence: Sequence, begun: int, counts: Mapping[str, Passed]) -> Stem:
    """The rows of `sequence`, top to bottom. `begun` came in; `counts` are by step, a missing one counts as nobody."""
    knots, ending = _knots(sequence, begun, counts)
    lanes = min(1 + max((arc.lane for knot in knots for arc in (*knot.coming, *knot.going)), default=0), max(LANES))
    pen = _Pen(lanes, max([begun, *(knot.n for knot in knots)], default=0))
    entry = [Ribbon(0, 0, begun, begun)]
    rows = [Row("entry", None, 0, pen.row(entry, entry, []))]
    for knot in knots:
        rows += _rows(knot, counts.get(knot.step.id, Passed()), pen)
    end = min((arc.lane for arc in ending), default=0)
    rows.append(Row("end", None, pen.seen(end), pen.tip(ending, end)))
    return Stem(tuple(rows), lanes)


def ways_on(sequence: Sequence, step: Step) -> tuple[str, ...]:
    """Where a step may lead, each once: to other steps, to END; nowhere for an `exit`."""
    below = sequence.next_after(step.id)
    following = below.id if below is not None else END
    if step.exit is not None:
        return ()
    if step.jump is not None and step.max_passes is None:  # the way back is told, not drawn
        return (step.jump,)
    if step.split is not None:
        return tuple(dict.fromkeys(share.to for share in step.split))
    if step.branch is not None:
        return tuple(dict.fromkeys([*(case.to for case in step.branch.case), step.branch.otherwise or following]))
    if step.wait_for is not None and step.wait_for.on_timeout not in ("next", "exit"):
        return tuple(dict.fromkeys([following, step.wait_for.on_timeout]))
    return (following,)


def has_wait(step: Step) -> bool:
    return any(getattr(step, wait) is not None for wait in Step.WAITS)


def _rows(knot: Knot, here: Passed, pen: "_Pen") -> list[Row]:
    """The wait and the act of a step; each alone where the other is not."""
    wait, act = has_wait(knot.step) or here.inside > 0, knot.step.act is not None
    coming = [Ribbon(arc.lane, knot.lane, arc.n, arc.n) for arc in knot.coming]
    going = [Ribbon(knot.lane, arc.lane, arc.n, arc.n) for arc in knot.going]
    through = [Ribbon(knot.lane, knot.lane, knot.n, knot.n)]
    passing = [Ribbon(arc.lane, arc.lane, arc.n, arc.n) for arc in knot.passing]
    lane = pen.seen(knot.lane)
    rows = []
    if wait:
        rows.append(Row("wait", knot.step, lane, pen.row(coming, through if act else going, passing)))
    if act:
        rows.append(Row("act", knot.step, lane, pen.row(through if wait else coming, going, passing)))
    return rows


# ---------------------------------------------------------------- which way lies in which lane


@dataclass(slots=True)
class _Weaver:
    """Goes down the steps and gives every open way a lane: the way to the next step stays, others step aside."""

    running: dict[int, Arc] = field(default_factory=dict)

    def meet(self, step_id: str) -> tuple[Arc, ...]:
        """Ends the ways that lead here."""
        coming = tuple(arc for arc in self.running.values() if arc.to == step_id)
        for arc in coming:
            del self.running[arc.lane]
        return coming

    def leave(self, lane: int, ways: Iterable[tuple[str, int]], following: str) -> tuple[Arc, ...]:
        """Opens the ways from a step in `lane`, each with how many go it."""
        listed = list(ways)
        stays = next((to for to, _ in listed if to == following), listed[0][0] if listed else None)
        going: list[Arc] = []
        for to, n in listed:
            beside = next((arc.lane for arc in self.running.values() if arc.to == to), None)
            taken = {*self.running, *(arc.lane for arc in going), *([lane] if to != stays else [])}
            own = lane if to == stays and beside is None else beside
            going.append(Arc(to, self._free(taken) if own is None else own, n))
        for arc in going:
            known = self.running.get(arc.lane)
            self.running[arc.lane] = Arc(arc.to, arc.lane, arc.n + (known.n if known else 0))
        return tuple(going)

    @staticmethod
    def _free(taken: set[int]) -> int:
        return next(lane for lane in range(len(taken) + 1) if lane not in taken)


def _knots(sequence: Sequence, begun: int, counts: Mapping[str, Passed]) -> tuple[list[Knot], tuple[Arc, ...]]:
    ways = {step.id: ways_on(sequence, step) for step in sequence.step}
    first = sequence.step[0].id
    weaver = _Weaver({0: Arc(first, 0, begun)})
    knots = []
    for step in sequence.step:
        coming = weaver.meet(step.id)
        passing = tuple(weaver.running.values())
        lane = min((arc.lane for arc in coming), default=_Weaver._free(set(weaver.running)))
        below = sequence.next_after(step.id)
        shares = [(to, _share(step.id, to, ways, counts)) for to in ways[step.id]]
        going = weaver.leave(lane, shares, below.id if below is not None else END)
        knots.append(Knot(step, lane, coming, going, passing, counts.get(step.id, Passed()).passed))
    return knots, weaver.meet(END)


def _share(step_id: str, to: str, ways: Mapping[str, tuple[str, ...]], counts: Mapping[str, Passed]) -> int:
    """How many went that way: who arrived, where it is the only way there; else what the other ways left over."""
    went = counts.get(step_id, Passed()).passed
    if len(ways[step_id]) == 1:
        return went
    if _only(to, ways):
        return min(went, _arrived(to, counts))
    others = (other for other in ways[step_id] if other != to and _only(other, ways))
    return max(0, went - sum(_arrived(other, counts) for other in others))


def _only(to: str, ways: Mapping[str, tuple[str, ...]]) -> bool:
    return to != END and sum(to in those for those in ways.values()) == 1


def _arrived(step_id: str, counts: Mapping[str, Passed]) -> int:
    here = counts.get(step_id, Passed())
    return here.passed + here.inside


# ---------------------------------------------------------------- the drawing of one row


@dataclass(frozen=True, slots=True)
class Ribbon:
    """People going down, from one lane to another; how many set out, how many arrive."""

    top: int
    bottom: int
    n_top: int
    n_bottom: int

    @property
    def bends(self) -> bool:
        return self.top != self.bottom


@dataclass(frozen=True, slots=True)
class _Pen:
    lanes: int
    most: int

    def row(self, coming: list[Ribbon], going: list[Ribbon], passing: list[Ribbon]) -> Markup:
        """Ribbons come in at the top, meet, and leave at the bottom; others pass by."""
        if len(coming) == len(going) == 1 and not coming[0].bends and not going[0].bends:
            straight = Ribbon(coming[0].top, going[0].bottom, coming[0].n_top, going[0].n_bottom)
            return self._svg(self._drawn([straight, *passing], 0, HEIGHT))
        if len(coming) == 1 and not coming[0].bends:
            return self._svg(self._drawn([*(going or self._ending(coming)), *passing], 0, HEIGHT))
        if len(going) == 1 and not going[0].bends:
            return self._svg(self._drawn([*coming, *passing], 0, HEIGHT))
        lower = going or self._ending(coming)
        half = HEIGHT / 2
        return self._svg([*self._drawn([*coming, *passing], 0, half), *self._drawn([*lower, *passing], half, HEIGHT)])

    def tip(self, ending: Iterable[Arc], lane: int) -> Markup:
        """The end of every way that leads there, drawn together to a point."""
        ribbons = [Ribbon(arc.lane, lane, arc.n, arc.n) for arc in ending]
        last = Ribbon(lane, lane, sum(one.n_top for one in ribbons), POINT)
        return self._svg([*self._drawn(ribbons, 0, 24), *self._drawn([last], 24, 64)])

    def seen(self, lane: int) -> int:
        return min(lane, self.lanes - 1)

    @staticmethod
    def _ending(coming: list[Ribbon]) -> list[Ribbon]:
        """Where no way leads on, the stream runs out."""
        return [Ribbon(one.bottom, one.bottom, one.n_bottom, POINT) for one in coming[:1]]

    def _drawn(self, ribbons: list[Ribbon], y0: float, y1: float) -> list[str]:
        """Those that share a lane lie side by side in it, so that none crosses another there."""
        tops = self._shares([(one.top, one.n_top, one.bottom) for one in ribbons])
        bottoms = self._shares([(one.bottom, one.n_bottom, one.top) for one in ribbons])
        return [
            _path(_ribbon(top, bottom, y0, y1), one.top or one.bottom)
            for one, top, bottom in zip(ribbons, tops, bottoms, strict=True)
        ]

    def _shares(self, ends: list[tuple[int, int, int]]) -> list[tuple[float, float]]:
        """For each end (its lane, how many, where its other end is): middle and width."""
        places: dict[int, tuple[float, float]] = {}
        for lane in {lane for lane, _, _ in ends}:
            here = sorted((other, index) for index, (at, _, other) in enumerate(ends) if at == lane)
            whole = self._width(sum(ends[index][1] for _, index in here))
            parts = [self._width(ends[index][1]) for _, index in here]
            x = LANES[self.lanes][0][self.seen(lane)] - whole / 2
            for (_, index), part in zip(here, parts, strict=True):
                share = whole * part / (sum(parts) or 1)
                places[index] = (x + share / 2, share)
                x += share
        return [places[index] for index in range(len(ends))]

    def _width(self, n: int) -> float:
        """A way that nobody went is still a way: it is drawn as a thread."""
        return 0.0 if n == POINT else max(THINNEST, LANES[self.lanes][1] * n / max(self.most, 1))

    @staticmethod
    def _svg(paths: Iterable[str]) -> Markup:
        opened = f'<svg class="flow" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        return Markup(opened + "".join(paths) + "</svg>")


def _ribbon(top: tuple[float, float], bottom: tuple[float, float], y0: float, y1: float) -> str:
    a, b = top[0] - top[1] / 2, top[0] + top[1] / 2
    c, d = bottom[0] - bottom[1] / 2, bottom[0] + bottom[1] / 2
    half = (y0 + y1) / 2
    return (
        f"M{a:.1f} {y0:g}C{a:.1f} {half:g} {c:.1f} {half:g} {c:.1f} {y1:g}"
        f"H{d:.1f}C{d:.1f} {half:g} {b:.1f} {half:g} {b:.1f} {y0:g}Z"
    )


def _path(line: str, lane: int) -> str:
    side = ' class="side"' if lane else ""
    return f'<path{side} d="{line}"/>'

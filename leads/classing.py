"""Whether a human, a mail provider's proxy or a machine stands behind a hit: signals are weighed, none decides alone
that a person could give by chance.

A hit is judged among its neighbours: those of the same mail within an hour, and those of the same client. At LIMIT
points it is a machine's. What a person does on the page outweighs all but the hidden link.
Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.hits import Hit, Reason, Verdict

LIMIT = 10
SURE = 20  # so much by itself also tells of what the same client does beside it
AROUND = timedelta(hours=1)  # hits of one mail that are looked at together
CROWD = timedelta(seconds=60)  # hits of one client on many leads' mails that are
SETTLES = timedelta(seconds=75)  # by then the scanners have come, and a page that was looked at has said so

_BURST, _BURST_LINKS = timedelta(seconds=10), 3
_PAIR = timedelta(seconds=2)
_AT_ONCE, _VERY_SOON, _SOON = timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=60)
_SLACK = timedelta(seconds=1)  # two machines' clocks
_ROTATION = timedelta(minutes=5)
_BESIDE = timedelta(minutes=10)
_CROWD_LEADS, THRONG = 5, 12  # leads; more than a throng weigh no more

# A mark of the request itself -> how much it weighs.
MARKS = {
    "head": 100,
    "scanner": 20,
    "automated": 20,
    "gateway_range": 20,
    "prefetch": 30,
    "tool": 10,
    "crawler": 10,
    "no_agent": 10,
    "no_language": 10,
    "old_browser": 6,
    "odd_agent": 4,
    "data_centre": 6,
    "webdriver": 30,
    "pressed": -2,
}
# What the page has said -> how much it weighs. `seen` alone: a browser that nobody sits at says it as well.
BEACONS = {"missing": 4, "seen": -4, "touched": -40}
_OF_PROXIES = frozenset({"mail_proxy", "mail_proxy_range"})


def classify(hit: Hit, same_mail: Sequence[Hit] = (), same_client: Sequence[Hit] = ()) -> Verdict:
    """The verdict on `hit`. Both lists may hold the hit itself; they may be in any order."""
    if "mail_proxy" in hit.marks or (hit.kind == "open" and hit.marks & _OF_PROXIES):
        return Verdict("proxy", (Reason("mail_proxy", 0),))
    near = _Near(hit, [one for one in same_mail if abs(one.at - hit.at) <= AROUND], same_client)
    found = sorted((*_alone(hit), *_together(near)), key=lambda reason: (-reason.points, reason.code))
    points = sum(reason.points for reason in found)
    if points >= LIMIT:
        return Verdict("machine", tuple(found))
    kind = sorted(found, key=lambda reason: (reason.points, reason.code))
    return Verdict("human", tuple(kind) or (Reason("nothing_against", 0),), proven=hit.beacon == "touched")


def _alone(hit: Hit) -> Iterator[Reason]:
    """What the hit says by itself."""
    if hit.hidden:
        yield Reason("hidden_link", 100)
    yield from (Reason(mark, MARKS[mark]) for mark in sorted(hit.marks & MARKS.keys()))
    yield from _soon(hit)
    if hit.kind != "open" and hit.beacon in BEACONS:
        yield Reason(hit.beacon, BEACONS[hit.beacon])


def _soon(hit: Hit) -> Iterator[Reason]:
    """Before the mail server had taken the mail, or sooner than anybody reads it."""
    if hit.sent_at is None:
        return
    after = hit.at - hit.sent_at
    seconds = max(0, int(after.total_seconds()))
    if after < -_SLACK:
        yield Reason("before_sent", SURE)
    elif after < _AT_ONCE:
        yield Reason("at_once", 12 if hit.kind != "open" else 8, seconds)
    elif after < _VERY_SOON and hit.kind != "open":
        yield Reason("at_once", 7, seconds)
    elif after < _SOON and hit.kind != "open":
        yield Reason("soon", 4, seconds)


@dataclass(frozen=True, slots=True)
class _Near:
    """A hit with its neighbours."""

    hit: Hit
    mail: Sequence[Hit]
    client: Sequence[Hit]

    def within(self, time: timedelta) -> Iterator[Hit]:
        return (one for one in self.mail if abs(one.at - self.hit.at) <= time)

    def is_same(self, other: Hit) -> bool:
        """Whether the same client did both; where clients are not known, whoever did both at one time."""
        if self.hit.client is None or other.client is None:
            return abs(other.at - self.hit.at) <= _BURST
        return self.hit.client == other.client


def _together(near: _Near) -> Iterator[Reason]:
    for signal in _SIGNALS:
        yield from signal(near)


def _burst(near: _Near) -> Iterator[Reason]:
    """Several links of one mail at one time."""
    if near.hit.kind == "open":
        return
    links = max((len(_links(near.mail, start, start + _BURST)) for start in _starts(near)), default=0)
    if links >= _BURST_LINKS:
        yield Reason("burst", SURE, links)
    elif len(_links(near.mail, near.hit.at - _PAIR, near.hit.at + _PAIR)) == 2:
        yield Reason("pair", 5, 2)


def _starts(near: _Near) -> set[datetime]:
    """Where a window of a burst's length, with the hit in it, may begin."""
    return {one.at for one in near.mail if timedelta(0) <= near.hit.at - one.at <= _BURST}


def _links(those: Iterable[Hit], first: datetime, last: datetime) -> set[str]:
    """The links that were followed between the two instants."""
    return {one.link for one in those if one.kind != "open" and one.link and first <= one.at <= last}


def _trap(near: _Near) -> Iterator[Reason]:
    """Whoever follows the hidden link follows the others for no better reason."""
    if not near.hit.hidden and any(
        one.hidden and (abs(one.at - near.hit.at) <= _BURST or near.is_same(one)) for one in near.mail
    ):
        yield Reason("beside_hidden_link", 30)


def _asked_before(near: _Near) -> Iterator[Reason]:
    """A HEAD beside it, by the same client."""
    if "head" not in near.hit.marks and any("head" in one.marks and near.is_same(one) for one in near.within(_BESIDE)):
        yield Reason("after_head", 30)


def _beside(near: _Near) -> Iterator[Reason]:
    """The same client did something else with this mail that only machines do."""
    others = (one for one in near.within(_BESIDE) if one.id != near.hit.id and near.is_same(one))
    if any(sum(reason.points for reason in _alone(one)) >= SURE for one in others):
        yield Reason("beside_machine", 12)


def _rotation(near: _Near) -> Iterator[Reason]:
    """One mail's links followed from many networks at a time: a gateway that changes its address."""
    those = [one for one in near.within(_ROTATION) if one.kind != "open" and one.network is not None]
    networks, links = {one.network for one in those}, {one.link for one in those}
    if near.hit.kind != "open" and len(networks) >= 3 and len(links) >= 2:
        yield Reason("rotation", 10, len(networks))


def _every_link(near: _Near) -> Iterator[Reason]:
    """One after the other, each link of a mail, and nobody touched a page."""
    mine = [one for one in near.mail if one.kind != "open" and near.is_same(one)]
    links = {one.link for one in mine if one.link}
    if near.hit.kind != "open" and len(links) >= 3 and all(one.beacon != "touched" for one in mine):
        yield Reason("one_by_one", 8, len(links))


def _vouched(near: _Near) -> Iterator[Reason]:
    """The same client did something on a page that another link of this mail leads to: somebody sits there."""
    known = near.hit.client is not None and near.hit.beacon != "touched"
    if known and any(one.client == near.hit.client and one.beacon == "touched" for one in near.mail):
        yield Reason("vouched", -25)


def _again(near: _Near) -> Iterator[Reason]:
    same = [one for one in near.within(_BURST) if (one.kind, one.link) == (near.hit.kind, near.hit.link)]
    if len(same) >= 4:
        yield Reason("repeated", 8, len(same))


def _crowd(near: _Near) -> Iterator[Reason]:
    """The same client in many leads' mails within a minute. A firm behind one address does that too, by hand."""
    if near.hit.client is None:
        return
    those = [one for one in near.client if abs(one.at - near.hit.at) <= CROWD and one.client == near.hit.client]
    leads = {one.lead for one in those if one.lead is not None}
    if len(leads) >= THRONG:
        yield Reason("crowd", 8, THRONG)
    elif len(leads) >= _CROWD_LEADS:
        yield Reason("crowd", 4, len(leads))


_Signal = Callable[[_Near], Iterator[Reason]]
_SIGNALS: tuple[_Signal, ...] = (
    _burst, _trap, _asked_before, _beside, _rotation, _every_link, _vouched, _again, _crowd,
)  # fmt: skip


def settles_at(hit: Hit) -> timedelta:
    """How long after it the hit is judged: at once when a person touched the page, and when nothing can save it."""
    return timedelta(0) if hit.beacon == "touched" or hit.hidden or "head" in hit.marks else SETTLES

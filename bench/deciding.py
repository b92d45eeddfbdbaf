"""Decisions a second of the pure engine, against the same decisions written by hand for one sequence.

The floor is plain Python that knows the sequence: no conditions to interpret, no steps to look up, no waits to read. It
makes the same outcomes from the same values, which is checked before anything is measured. A language that is
interpreted cannot come near it; twenty times as long is still some 3 % of what a mail costs from due to 250.
"""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from time import process_time
from zoneinfo import ZoneInfo

from authoring.load import load_site, version_of
from authoring.models.sequences import Sequence
from authoring.site import Site
from authoring.tree import read_tree
from base.paths import data_path
from bench.results import Result
from leads.facts import Event, Facts, Lead, Standing
from workflows.decide import decide
from workflows.outcomes import Leave, Outcome, Skip, Take, WaitForEvent, WaitUntil
from workflows.values import Enrolment, Rules

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)  # a Tuesday morning
DAY = timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")
ROUNDS, AT_ONCE = 15, 20  # rounds, and how often every case is decided in one
NAME, TOPIC = "conseils-3d", "conseils-3d"
SEQUENCE = """
title = "Measured"
topic = "conseils-3d"
sender = "ines"
trigger = [{ event = "consent_granted", subject = "conseils-3d" }]
exit_when = [{ stage_at_least = "sql" }]
goal = { when = { event = "form_submitted", subject = "demo" } }
send_window = { days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "19:00" }

[[step]]
id = "first"
wait = "2 days"
email = "niveaux"

[[step]]
id = "listen"
wait_for = { when = { event = "link_clicked", subject = "conseils-3d/niveaux" }, timeout = "5 days" }

[[step]]
id = "fork"
branch = { case = [{ when = { interest = "cao/3d", at_least = 20 }, to = "last" }], otherwise = "sketch" }

[[step]]
id = "sketch"
only_if = { any = [{ field = "practice", is = "slow" }, { tag = "sketches" }] }
email = "croquis-d-abord"

[[step]]
id = "last"
wait = "2 days"
email = "rendez-vous"
"""

Case = tuple[Enrolment, Facts]
Hand = Callable[[Enrolment, Sequence, Facts], Outcome]


def measure() -> list[Result]:
    """One result: the engine's decisions a second over those by hand, in time of the processor, rounds interleaved."""
    rules, cases = _scene()
    sequence = rules.sequence(cases[0][0])
    first, last = sequence.step[0], sequence.step[-1]
    assert first.email == "niveaux"
    assert last.email == "rendez-vous"
    _insist_on_the_same(sequence, rules, cases)
    took: dict[str, list[float]] = {"engine": [], "hand": []}
    for _ in range(ROUNDS):
        begun = process_time()
        for enrolment, facts in cases * AT_ONCE:
            decide(enrolment, sequence, facts, rules, NOW)
        took["engine"].append(process_time() - begun)
        begun = process_time()
        for enrolment, facts in cases * AT_ONCE:
            by_hand(enrolment, sequence, facts)
        took["hand"].append(process_time() - begun)
    count = len(cases) * AT_ONCE
    engine, hand = (count / min(took[which]) for which in ("engine", "hand"))
    detail = f"{engine:,.0f}/s against {hand:,.0f}/s by hand; {len(cases)} cases, the best of {ROUNDS} rounds"
    return [Result("decisions against the same by hand", engine / hand, 0.05, "x", detail=detail)]


def _insist_on_the_same(sequence: Sequence, rules: Rules, cases: list[Case]) -> None:
    for enrolment, facts in cases:
        told, expected = decide(enrolment, sequence, facts, rules, NOW), by_hand(enrolment, sequence, facts)
        if _plain(told) != _plain(expected):
            raise SystemExit(f"by hand {expected} instead of {told}: the measurement means nothing")


def _plain(outcome: Outcome) -> Outcome:
    """Without the words of a reason, which are built alike but not written alike."""
    return replace(outcome, reason="") if isinstance(outcome, Skip | Leave | WaitUntil | WaitForEvent) else outcome


# ---------------------------------------------------------------- by hand


def by_hand(enrolment: Enrolment, sequence: Sequence, facts: Facts) -> Outcome:
    """What the sequence decides, as one would write it for this sequence alone."""
    if TOPIC not in facts.granted:
        return Leave(f"no consent for `{TOPIC}`")
    if facts.standing.stage in ("sql", "opportunity", "customer"):
        return Leave("exit_when holds")
    if any(
        event.name == "form_submitted" and event.subject == "demo" and event.seq > enrolment.entry_seq
        for event in facts.history
    ):
        return Leave("goal reached")
    return _STEPS[enrolment.step or ""](enrolment, sequence, facts)


def _mails(index: int, email: str, then: str | None, waits: bool) -> Hand:
    def mail(enrolment: Enrolment, sequence: Sequence, facts: Facts) -> Outcome:
        planned = NOW
        if waits:
            planned = (enrolment.anchor_at.astimezone(PARIS) + 2 * DAY).astimezone(UTC)
            if planned > NOW:
                return WaitUntil(planned, "wait", "Europe/Paris")
        step = sequence.step[index]
        if index == 3 and facts.lead.fields.get("practice") != "slow" and "sketches" not in facts.lead.tags:
            return Skip(step, "only_if does not hold", then)
        if not facts.lead.email:
            return Skip(step, "the lead has no email address", then)
        local = NOW.astimezone(PARIS)
        if local.weekday() > 4 or not 8 <= local.hour < 19:
            raise AssertionError("the scene lies inside the window")
        return Take(step, then, planned, email)

    return mail


def _listens(enrolment: Enrolment, sequence: Sequence, facts: Facts) -> Outcome:
    step = sequence.step[1]
    clicked = any(
        event.name == "link_clicked"
        and event.subject == "conseils-3d/niveaux"
        and event.evidence in ("human", "engine")
        and event.seq > enrolment.entry_seq
        for event in facts.history
    )
    if clicked:
        return Take(step, "fork", NOW)
    timeout = ((enrolment.waiting_since or NOW).astimezone(PARIS) + 5 * DAY).astimezone(UTC)
    return Skip(step, "did not come", "fork") if timeout <= NOW else WaitForEvent(timeout, "waits", "Europe/Paris")


def _forks(enrolment: Enrolment, sequence: Sequence, facts: Facts) -> Outcome:
    points = sum(
        milli for name, milli in facts.standing.interests.items() if name == "cao/3d" or name.startswith("cao/3d/")
    )
    return Take(sequence.step[2], "last" if points >= 20_000 else "sketch", NOW)


_STEPS: dict[str, Hand] = {
    "first": _mails(0, "niveaux", "listen", True),
    "listen": _listens,
    "fork": _forks,
    "sketch": _mails(3, "croquis-d-abord", "last", False),
    "last": _mails(4, "rendez-vous", None, True),
}


# ---------------------------------------------------------------- what is decided about


def _scene() -> tuple[Rules, list[Case]]:
    """Every step, before and after its moment, for leads who did this or that."""
    site, problems = load_site(read_tree(data_path("content")))
    if site is None:
        raise SystemExit("\n".join(problem.sentence() for problem in problems))
    sequence = Sequence.model_validate(tomllib.loads(SEQUENCE))
    version = version_of(sequence)
    site = replace(site, release_id=1, sequences={NAME: sequence}, versions={NAME: version})
    rules = Rules(site, {version: sequence}, "Europe/Paris", 1)
    steps = [step.id for step in sequence.step]
    anchors = (NOW - DAY, NOW - 3 * DAY, NOW - 6 * DAY)
    enrolments = [_enrolment(version, *one) for one in product(steps, anchors)]
    return rules, list(product(enrolments, _people(site)))


def _enrolment(version: str, step: str, anchor: datetime) -> Enrolment:
    waits = step in ("first", "listen", "last")
    return Enrolment(
        id=1, sequence=NAME, version=version, entry_key="", state="active", step=step,
        position="waiting" if waits else "ready", anchor_at=anchor, entered_at=anchor, entry_seq=2, release_id=1,
        waiting_since=anchor if waits else None, waiting_zone="Europe/Paris" if waits else None,
        waiting_seq=2 if waits else None,
    )  # fmt: skip


def _people(site: Site) -> list[Facts]:
    lead = Lead(1, email="ada@lumen.example", fields={"practice": "slow"}, locale="fr")
    standing = replace(Standing.fresh(site, NOW - 30 * DAY), interests={"cao/3d": 25_000, "prix": 5_000})
    granted = frozenset({TOPIC, "clicks"})
    seen = [_event(number, "page_seen", "demo") for number in range(3, 11)]
    asked = [_event(1, "form_submitted", "guide-3d"), _event(2, "consent_granted", TOPIC)]
    plain = Facts(lead, standing, granted, (*asked, *seen), "Europe/Paris")
    return [
        plain,
        replace(plain, lead=replace(lead, fields={"practice": "none"}), standing=replace(standing, interests={})),
        replace(plain, history=(*plain.history, _event(11, "link_clicked", "conseils-3d/niveaux"))),
        replace(plain, history=(*plain.history, _event(11, "form_submitted", "demo"))),
        replace(plain, standing=replace(standing, stage="sql")),
        replace(plain, granted=frozenset({"clicks"})),
    ]


def _event(number: int, name: str, subject: str) -> Event:
    return Event(number, name, NOW - 4 * DAY, "human", subject)

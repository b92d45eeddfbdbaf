"""A small house for the rules: its definitions are changed key by key, its facts are built in one line."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from authoring.models.definitions import Definitions
from authoring.site import Site
from leads.facts import Event, Facts, Lead, Standing

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ZONE = "Europe/Paris"
PARTS = [
    "paper",
    "surface",
    "ink",
    "ink_soft",
    "line",
    "field",
    "accent",
    "on_accent",
    "accent_soft",
    "soil",
    "on_soil",
]
PALETTE = dict.fromkeys(PARTS, "#ffffff")


def rule(id: str, points: int, event: str = "page_seen", **more: Any) -> dict[str, Any]:
    return {"id": id, "label": id.title(), "event": event, "points": points, **more}


STAGES = [
    {"id": "contact", "label": "Contact", "meaning": "Named.", "owner": "marketing"},
    {
        "id": "iql",
        "label": "IQL",
        "meaning": "Asks.",
        "owner": "marketing",
        "enter": {"event": "form_submitted"},
    },
    {
        "id": "mql",
        "label": "MQL",
        "meaning": "Warm.",
        "owner": "marketing",
        "enter": {"all": [{"engagement_at_least": 80}, {"fit_at_least": 30}]},
        "leave": 60,
        "cooled_to": "iql",
        "hand_off": True,
        "accepted_to": "sql",
        "rejected_to": "iql",
    },
    {"id": "sql", "label": "SQL", "meaning": "Taken.", "owner": "sales"},
]
WRITTEN: dict[str, Any] = {
    "version": "2026-10-01",
    "house": {
        "name": "Lumen",
        "address": "1 rue X",
        "email": "bonjour@lumen.example",
        "website": "https://lumen.example",
        "privacy": "P",
    },
    "brand": {"day": PALETTE, "night": PALETTE},
    "senders": {"ines": {"name": "Inès", "email": "ines@lumen.example", "role": "Méthode"}},
    "topics": {"tips": {"label": "Tips", "description": "Tips."}, "letter": {"label": "Letter", "description": "L."}},
    "tracking": {"clicks": {"label": "Clicks", "description": "Clicks."}},
    "stages": STAGES,
    "temperatures": [
        {"id": "cold", "label": "Cold", "from_engagement": 0},
        {"id": "warm", "label": "Warm", "from_engagement": 30},
        {"id": "hot", "label": "Hot", "from_engagement": 80},
    ],
    "scoring": {
        "engagement": [
            rule("visit", 20, half_life=30),
            rule("ask", 90, "form_submitted", subject="guide", half_life=30),
        ],
        "interest_points": {"page_seen": 5, "form_submitted": 10},
    },
    "personas": [
        {
            "id": "studio",
            "label": "Studio",
            "rules": [
                {"id": "trade", "label": "Trade", "points": 30, "when": {"field": "trade", "is": "interior"}},
                {"id": "team", "label": "Team", "points": 10, "when": {"field": "team", "at_most": 5}},
            ],
        }
    ],
    "interests": [{"id": "cao/3d", "label": "3D"}, {"id": "cao/2d", "label": "2D"}],
    "hand_off": {
        "reps": [
            {"id": "nadia", "name": "Nadia", "email": "nadia@lumen.example"},
            {"id": "karim", "name": "Karim", "email": "karim@lumen.example", "locale": "en"},
        ],
        "reject_reasons": [{"id": "not-now", "label": "Not now"}],
    },
}


def _changed(**changes: Any) -> Definitions:
    """The definitions above, with top-level keys replaced; `engagement` and `limits` are short for those of scoring."""
    scoring = {name: changes.pop(name) for name in ("engagement", "limits") if name in changes}
    written = {**WRITTEN, **changes}
    if scoring:
        written["scoring"] = {**WRITTEN["scoring"], **scoring}
    return Definitions.model_validate(written)


class House:
    """What most tests of rules need: a site, facts about chloé, and events in a row."""

    zone = ZONE
    monday = MONDAY
    stages = STAGES

    def definitions(self, **changes: Any) -> Definitions:
        return _changed(**changes)

    def site(self, **changes: Any) -> Site:
        return Site(release_id=1, hash="h", definitions=_changed(**changes))

    def standing(self, at: datetime = MONDAY, **changes: Any) -> Standing:
        fresh = Standing.fresh(self.site(), at)
        return Standing(**{**{name: getattr(fresh, name) for name in Standing.__slots__}, **changes})

    def facts(
        self,
        *,
        standing: Standing | None = None,
        granted: frozenset[str] = frozenset(),
        history: tuple[Event, ...] = (),
        **lead: Any,
    ) -> Facts:
        chloe = Lead(**{"id": 1, "email": "chloe@lumen.example", "first_name": "Chloé", **lead})
        return Facts(chloe, standing or self.standing(), granted, history, ZONE)

    def event(self, seq: int, name: str = "page_seen", at: datetime = MONDAY, **more: Any) -> Event:
        return Event(seq, name, at, more.pop("evidence", "human"), more.pop("subject", None), more.pop("data", {}))

    rule: Callable[..., dict[str, Any]] = staticmethod(rule)


@pytest.fixture(scope="session")
def house() -> House:
    return House()

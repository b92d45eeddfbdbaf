"""`terreau explain`: the lines sum to the score that the engine keeps, whatever the rules and whoever is merged."""

import json
import os
import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from base.calendars import local_day
from leads import merging, parting
from leads.facts import Event
from storage.schema import events as log
from storage.schema import standings
from tests.campaigns import seed
from tests.leads.test_scoring import slow_engagement
from tests.terreau.living import terreau, today

__all__ = ["seed"]  # a fixture

ZONE = "Europe/Paris"
LIVES = range(60 if os.environ.get("TERREAU_CHAOS") == "full" else 2)  # `make chaos CHAOS=…`
ACTS = (
    ("page_seen", "demo"), ("asset_downloaded", "guide-3d"), ("link_clicked", "conseils-3d/niveaux"),
    ("webinar_attended", "lumiere-3d"), ("unsubscribed", "lettre"),
)  # fmt: skip
# What the example has no rule of: a limit of several rules, coming back, an act that always pays, and one that stays.
MORE_RULES = """\
[[scoring.limits]]
id = "une-semaine"
label = "A week"
points = 40
days = 7
rules = ["clic", "telechargement"]

[[scoring.engagement]]
id = "retour"
label = { fr = "Revenu", en = "Came back" }
event = "page_seen"
came_back_within = 3
points = 7
half_life = 11

[[scoring.engagement]]
id = "toujours"
label = { fr = "Vu", en = "Seen" }
event = "page_seen"
subject = "demo"
points = 2
cap = 9
"""


@pytest.fixture
def every_kind_of_rule(lively, content):
    path = content / "definitions.toml"
    begins = "[[scoring.engagement]]"
    path.write_text(path.read_text().replace(begins, f"{MORE_RULES}\n{begins}", 1))
    assert terreau("apply", "--author", "ada").exit_code == 0


def explained(lead_id, *words):
    said = terreau("explain", str(lead_id), "--json", *words)
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def story(lively, *ids):
    """Everything that those leads did, as it was written down."""
    with lively.database.read() as conn:
        rows = conn.execute(
            select(log).where(log.c.lead_id.in_(ids)).order_by(log.c.recorded_at, log.c.lead_id, log.c.seq)
        )
        return [Event(row.seq, row.name, row.at, row.evidence, row.subject, row.data) for row in rows]


def holds(lively, lead_id, *ids):
    """The lines sum to the score, which is what the slow reference reads off everything that happened."""
    today(lively)
    now, definitions = lively.clocks.calendar(), lively.releases.in_force().definitions
    happened = story(lively, *ids)
    day = local_day(now, ZONE)
    told = explained(lead_id, "--at", now.isoformat())
    assert told["total"] == sum(line["points"] for line in told["lines"])
    assert told["total"] == slow_engagement(happened, definitions, day)
    with lively.database.read() as conn:
        stood = conn.execute(select(standings).where(standings.c.lead_id == lead_id)).one()
    if local_day(stood.as_of, ZONE) == day:
        assert told["total"] == stood.engagement
    drawn = happened[len(happened) // 2].at
    earlier = explained(lead_id, "--at", drawn.astimezone(ZoneInfo(ZONE)).date().isoformat())
    at = datetime.fromisoformat(earlier["at"])
    by_then = [event for event in happened if event.at <= at]
    assert earlier["total"] == slow_engagement(by_then, definitions, local_day(at, ZONE))
    assert earlier["total"] == sum(line["points"] for line in earlier["lines"])


def live(lively, drawn, *ids):
    for _ in range(drawn.randint(4, 8)):
        lively.later(hours=drawn.randint(1, 60))
        lively.does(drawn.choice(ids), *drawn.choice(ACTS), interests=["cao/3d"])


@pytest.mark.parametrize("life", LIVES)
def test_the_lines_sum_exactly_before_a_merge_as_one_and_once_parted(lively, every_kind_of_rule, seed, life):
    drawn = random.Random(seed + life)
    ada, bob = lively.submits("ada"), lively.submits("bob")
    live(lively, drawn, ada, bob)
    holds(lively, ada, ada)
    holds(lively, bob, bob)
    site, now = lively.releases.in_force(), lively.clocks.moment()
    lively.database.write(lambda conn: merging.merge(conn, ada, bob, site, now))
    lively.works()
    live(lively, drawn, ada, bob)
    holds(lively, ada, ada, bob)
    assert explained(bob)["lead"] == ada, "who asks for the one hears of both"
    lively.database.write(lambda conn: parting.unmerge(conn, bob, lively.clocks.moment()))
    lively.works()
    live(lively, drawn, ada, bob)
    holds(lively, ada, ada)
    holds(lively, bob, bob)


def test_temperature_profile_and_what_is_missing_are_told_in_both_languages(lively, content):
    chloe = lively.submits("chloe", profession="interior", practice="slow")
    lively.does(chloe, "webinar_attended", "lumiere-3d")
    lively.does(chloe, "link_clicked", "conseils-3d/niveaux")
    today(lively)
    said = terreau("explain", str(chloe)).output
    assert "Stage iql, engagement 70 points (Warm), rules of 2026-10-01." in said
    assert "Fit: 40 of 65 points, as Interior architecture studio of 1 to 5" in said
    assert "    0.000  missing: Team of 1 to 5  [equipe]" in said
    said = terreau("--lang", "fr", "explain", str(chloe)).output.replace("\u00a0", " ")
    assert "(Tiède), règles de 2026-10-01." in said
    assert "Webinar" not in said
    assert "Profil : 40 points sur 65, comme " in said
    assert "orrespondance" not in said
    assert "   70,000  points au total" in said
    assert "contact → iql : Par la règle : engagement 15, profil 40." in said
    assert "manque : Équipe de 1 à 5 personnes  [equipe]" in said
    told = explained(chloe)
    assert (told["temperature"], told["definitions"], told["fit"]["persona"]) == (
        "warm", "2026-10-01", "atelier-independant"
    )  # fmt: skip


def test_a_day_before_anybody_knew_the_lead_is_told_as_such(lively, content):
    bob = lively.submits("bob", "guide-3d")
    today(lively)
    said = terreau("explain", str(bob), "--at", "2020-01-01")
    assert "Nobody knew them then" in said.output
    assert "points, which makes no profile" in said.output
    assert "Nobody knew them then" not in terreau("explain", str(bob)).output
    told = explained(bob, "--at", "2020-01-01")
    assert (told["known"], told["total"], told["stage"], told["lines"]) == (False, 0, "contact", [])

"""What ripens without a rep: named on Today with what is lacking, and only where points are all that is."""

import re

import pytest

from console.ripe import handing_of
from tests.arranging import lived_once

STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}


@pytest.fixture
@lived_once
def ripe(lively):
    """Chloé asked for the guide and came to a webinar: an IQL of 45 points who fits; bob fits nobody."""
    chloé = lively.submits("chloe", company="Studio Lune", **STUDIO)
    lively.does(chloé, "webinar_attended")
    bob = lively.submits("bob")
    lively.does(bob, "webinar_attended")
    return chloé


def test_today_names_who_comes_next_and_what_they_lack(staff_client, ripe):
    page = staff_client("sales").get("/console/today").text
    section = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index('aria-labelledby="ripe"') :]))
    assert re.search(r"Chloe Studio Lune 3\d points to go From 80 points on they become MQL", section)
    assert "Bob" not in section, "points alone will not make him an MQL"
    french = staff_client("admin", "fr").get("/console/today").text
    assert "Ce qui mûrit sans vous" in french


def test_where_nobody_is_near_nothing_is_said_of_it(staff_client):
    assert 'aria-labelledby="ripe"' not in staff_client("sales").get("/console/today").text


def test_only_points_that_a_rule_asks_for_can_be_lacking(site):
    definitions = site.definitions
    handing = handing_of(definitions)
    assert (handing.engagement, handing.fit, handing.stages) == (80_000, 30_000, ("contact", "iql"))
    by_hand = [stage.model_copy(update={"enter": None}) for stage in definitions.stages]
    assert handing_of(definitions.model_copy(update={"stages": by_hand})) is None
    nobody = [stage.model_copy(update={"hand_off": False}) for stage in definitions.stages]
    assert handing_of(definitions.model_copy(update={"stages": nobody})) is None

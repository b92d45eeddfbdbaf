"""A persona's letters come back in simulation, and what follows is what the real house does."""

import shutil
from contextlib import closing

import pytest
from sqlalchemy import select

from base.clock import system_clocks
from base.paths import data_path
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import decisions, suppressions
from terreau.simulating import Wish, read_site, simulate
from tests.terreau.living import ADA, HEAD, config_of, lived, write, write_persona

STEPS = """
[[step]]
id = "first"
email = "first"

[[step]]
id = "second"
wait = "3 days"
email = "second"
"""
BACK = '[[action]]\nat = 2026-10-24T09:00:00\ndo = "{do}"\nstep = "one/first"\n'

# What comes back -> what becomes of the second mail, as its timeline tells it.
GOLDEN = {
    "bounce": [
        "2026-10-24 Sat 09:00              does       bounce one/first",
        "2026-10-26 Mon 10:12  one/second  withdrawn  suppressed",
    ],
    "soft_bounce": [
        "2026-10-24 Sat 09:00              does       soft_bounce one/first",
        '2026-10-26 Mon 10:12  one/second  sent       wait = "3 days"',
    ],
    "complain": [
        "2026-10-24 Sat 09:00              does       complain one/first",
    ],
    "auto_reply": [
        "2026-10-24 Sat 09:00              does       auto_reply one/first",
        '2026-10-26 Mon 10:12  one/second  sent       wait = "3 days"',
    ],
    "reply": [
        "2026-10-24 Sat 09:00              does       reply one/first",
    ],
}
ENDS = {"complain": "no consent", "reply": "the lead has answered"}
ALONE = {"bounce", "complain"}


@pytest.fixture
def house(tmp_path):
    """(config, database): a sequence of two mails, and nobody yet."""
    shutil.copytree(data_path("content"), tmp_path / "content")
    write(tmp_path, "one", HEAD + STEPS, ["first", "second"])
    url = f"sqlite:///{tmp_path}/terreau.db"
    migrate(url)
    with closing(open_database(url)) as database:
        yield tmp_path, config_of(tmp_path, url), database


def persona_of(folder, do):
    text = ADA.format(zone="Europe/Paris").replace("2026-12-20", "2026-11-04")
    write_persona(folder, "ada", text + BACK.format(do=do))


@pytest.mark.parametrize("do", GOLDEN)
def test_what_comes_back_shows_its_effect_on_the_timeline(house, do):
    folder, config, _database = house
    persona_of(folder, do)
    told = simulate(config, Wish("ada", "one"), system_clocks().calendar()).as_text()
    shown = [" ".join(line.split()) for line in told.splitlines()]
    assert [line for line in GOLDEN[do] if " ".join(line.split()) not in shown] == [], told
    assert do not in ENDS or any(" left " in line and ENDS[do] in line for line in shown), told
    assert any("one/second sent" in line for line in shown) == (do in ("soft_bounce", "auto_reply"))


@pytest.mark.parametrize("do", GOLDEN)
def test_the_real_house_decides_the_same(house, do):
    folder, config, database = house
    persona_of(folder, do)
    simulated = simulate(config, Wish("ada", "one"), system_clocks().calendar())
    lived(database, read_site(config, "ada")[1], config)
    with database.read() as conn:
        columns = (decisions.c.outcome, decisions.c.step, decisions.c.reason)
        real = conn.execute(select(*columns).where(decisions.c.sequence == "one").order_by(decisions.c.id)).all()
        alone = conn.scalars(select(suppressions.c.reason)).all()
    ends = ("left", "completed", "delayed")
    ours = [(one.outcome, one.reason) for one in simulated.lines if one.sequence == "one" and one.outcome in ends]
    assert ours == [(one.outcome, one.reason) for one in real if one.outcome in ends]
    assert bool(alone) == (do in ALONE)

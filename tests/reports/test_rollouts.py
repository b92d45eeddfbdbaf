"""Two versions compared: read by indexes on both databases, and nothing that happened before the entry is counted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import apply
from authoring.tree import read_tree
from base.paths import data_path
from reports.draws import draw
from reports.rollouts import compared_stages, comparison
from storage.schema import enrolments

NAME, FILE = "conseils-3d", "sequences/conseils-3d.toml"


@pytest.fixture
def tried(lively, tmp_path):
    """Half of those who come in enter a version that mails in the afternoon."""
    return tries_half(lively, tmp_path)


def tries_half(lively, tmp_path):
    tree = read_tree(data_path("content"))
    text = tree.texts[FILE].decode().replace('re_entry = "never"', 're_entry = "never"\nrollout = 50', 1)
    tree = replace(tree, texts={**tree.texts, FILE: text.replace('"09:00"', '"14:00"', 1).encode()})
    site, _ = load_site(tree)
    apply(lively.database, tree, site, "ada", None, None, lively.clocks.moment(), BlobDirectory(tmp_path / "blobs"))
    lively.releases._patience = 0
    return lively


def test_a_comparison_reads_no_big_table_from_end_to_end(tried, watched):
    tried.agrees(tried.submits("ada"), NAME, "clicks")
    tried.later(days=9)
    site = tried.releases.in_force()
    with watched() as conn:
        found = comparison(conn, site, NAME)
    assert found is not None
    assert found.new.leads + found.old.leads == 1


def test_what_they_did_before_they_came_in_is_not_counted(tried):
    ada = tried.submits("ada")
    tried.does(ada, "link_clicked", f"{NAME}/niveaux")
    tried.submits("ada", "demo", phone="+33612345678")  # sales is told: an MQL before the entry
    tried.clocks.advance(timedelta(hours=1))
    tried.agrees(ada, NAME, "clicks")
    with tried.database.read() as conn:
        found = comparison(conn, tried.releases.in_force(), NAME)
    assert found is not None
    [side] = [side for side in (found.new, found.old) if side.leads]
    assert set(side.did.values()) == {0}


def test_where_nobody_calls_sales_every_stage_is_compared(site):
    assert compared_stages(site.definitions) == ("mql", "sql")
    stages = [stage.model_copy(update={"hand_off": False}) for stage in site.definitions.stages]
    alone = site.definitions.model_copy(update={"stages": stages})
    assert compared_stages(alone)[:3] == ("iql", "mql", "sql")


def test_of_many_an_even_share_is_looked_at_each_with_the_first_entry(tried):
    """Every third entry of whatever sequence, and nobody twice; what each did is counted as it is among all."""
    leads = [tried.submits(f"lead{number}") for number in range(30)]
    for lead in leads:
        tried.agrees(lead, NAME, "clicks")
    tried.later(days=2)
    site = tried.releases.in_force()
    with tried.database.read() as conn:
        every, some = comparison(conn, site, NAME), comparison(conn, site, NAME, at_most=20)
        numbers = conn.execute(select(enrolments.c.id, enrolments.c.lead_id).where(enrolments.c.sequence == NAME)).all()
    assert every.every == 1
    assert every.new.leads + every.old.leads == 30
    assert some.every > 1
    drawn = [lead for number, lead in numbers if number % some.every == 1 % some.every]
    assert some.new.leads + some.old.leads == len(drawn) > 5
    assert some.new.mails + some.old.mails == len(drawn), "each has had the first mail"


def test_a_share_leaves_out_whoever_came_in_before_the_edit_was_tried(lively, tmp_path):
    for number in range(12):
        lively.agrees(lively.submits(f"former{number}"), NAME)
    lively.later(days=1)
    tries_half(lively, tmp_path)
    for number in range(12):
        lively.agrees(lively.submits(f"lead{number}"), NAME)
    lively.later(days=1)
    with lively.database.read() as conn:
        found = comparison(conn, lively.releases.in_force(), NAME, at_most=1000)
        first = conn.scalar(select(func.min(enrolments.c.id)).where(enrolments.c.release_id == 2))
        newest = conn.scalar(select(func.max(enrolments.c.id)))
        drawn = draw(conn, found.rollout, newest - first + 1)
        few = draw(conn, found.rollout, 5)
    assert found.new.leads + found.old.leads == 12
    assert (drawn.first, drawn.last, drawn.every) == (first, newest, 1)
    assert few.first == first
    assert 1 < few.every <= newest - first + 1

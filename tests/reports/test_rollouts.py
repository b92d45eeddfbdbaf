"""Two versions compared: read by indexes on both databases, and nothing that happened before the entry is counted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import apply
from authoring.tree import read_tree
from base.paths import data_path
from reports.rollouts import compared_stages, comparison

NAME, FILE = "conseils-3d", "sequences/conseils-3d.toml"


@pytest.fixture
def tried(lively, tmp_path):
    """Half of those who come in enter a version that mails in the afternoon."""
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

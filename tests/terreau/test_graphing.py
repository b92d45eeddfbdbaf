"""`terreau graph` draws a sequence as one picture, with the words of the console beside it."""

import shutil

import pytest
from click.testing import CliRunner
from lxml import etree

from authoring.load import load_site
from authoring.tree import read_tree
from base.paths import data_path
from base.typography import typeset
from terreau.cli import main

SITE, _ = load_site(read_tree(data_path("content")))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(data_path("content"), tmp_path / "content")
    return tmp_path


def terreau(*words):
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def texts(svg):
    return ["".join(one.itertext()) for one in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("name", sorted(SITE.sequences))
def test_every_step_of_every_sequence_stands_in_its_picture(folder, name, locale):
    said = terreau("graph", name, "--locale", locale)
    assert said.exit_code == 0, said.output
    svg = etree.fromstring(said.output.encode())
    sequence = SITE.sequences[name]
    assert texts(svg)[0] == typeset(sequence.title[locale], locale)
    assert {step.id for step in sequence.step if step.act} <= set(texts(svg))
    rows = [one for one in svg.iter(f"{SVG}svg") if one.get("class") == "flow"]
    assert len(rows) >= len(sequence.step) + 2, "the entry, each step, the end"


def test_a_picture_is_drawn_over_a_file_that_is_there_only_when_told_to(folder):
    (folder / "stem.svg").write_text("mine")
    refused = terreau("graph", "conseils-3d", "-o", "stem.svg")
    assert refused.exit_code == 1
    assert "stem.svg is there already: name another one, or add --overwrite" in refused.output
    assert (folder / "stem.svg").read_text() == "mine"
    assert terreau("graph", "conseils-3d", "-o", "stem.svg", "--overwrite").exit_code == 0
    assert (folder / "stem.svg").read_text().startswith("<")
    lost = terreau("graph", "conseils-3d", "-o", "nowhere/stem.svg")
    assert (lost.exit_code, "nowhere/stem.svg cannot be written: " in lost.output) == (1, True)


def test_the_ways_of_a_branch_are_drawn_apart_and_said(folder):
    assert terreau("graph", "conseils-3d", "-o", "stem.svg").exit_code == 0
    svg = etree.parse(str(folder / "stem.svg")).getroot()
    assert [one for one in svg.iter(f"{SVG}path") if one.get("class") == "side"]
    assert "sinon croquis-d-abord" in texts(svg)
    assert "Attend jusqu’à mardi 9\u00a0h" in texts(svg)


def test_an_edit_is_drawn_before_it_is_applied_and_what_is_wrong_is_said(folder):
    file = folder / "content" / "sequences" / "conseils-3d.toml"
    file.write_text(file.read_text().replace('id = "niveaux"', 'id = "less-is-more"'))
    assert "less-is-more" in terreau("graph", "conseils-3d").output
    assert "has no sequence `nowhere`" in terreau("graph", "nowhere").output
    assert terreau("graph", "conseils-3d", "--locale", "it").exit_code == 2
    file.write_text(file.read_text().replace("priority", "prioritee"))
    said = terreau("graph", "conseils-3d")
    assert said.exit_code == 1
    assert "sequences/conseils-3d.toml:" in said.output

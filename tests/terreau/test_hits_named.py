"""`terreau hits of`, `terreau why` and the console name what was followed or downloaded, not its number."""

import json

import pytest

from leads.hit_log import Met, note
from tests.terreau.living import terreau

URL = "https://lumen.example/p/demo"


@pytest.fixture
def ada(lively, content):
    """Of each kind of hit one."""
    lead_id = lively.submits("ada")
    some = [
        Met(lead_id, "click", "0", "link_clicked", "conseils-3d/niveaux", {"url": URL}),
        Met(lead_id, "click", "7", hidden=True),
        Met(lead_id, "download", "1f8cb6be", "asset_downloaded", "variantes", page="magnet"),
        Met(lead_id, "open", "", "message_opened", "conseils-3d/niveaux"),
        Met(lead_id, "visit", "lettre", "page_seen", "lettre", page="lettre"),
    ]
    for met in some:
        lively.database.write(lambda conn, met=met: note(conn, met, lively.clocks.moment()))
    return lead_id


NAMED = {
    "en": [
        f"a click, {URL}:", "a click, the hidden link:", "a download, “Price the variants”:",
        "an opening, “Where to stop in the detail”:", "a visit, “The Tuesday letter”:",
    ],
    "fr": [
        f"un clic, {URL} :", "un clic, le lien caché :", "un téléchargement, « Chiffrer les variantes » :",
        "une page vue, « La lettre du mardi » :",
    ],
}  # fmt: skip


@pytest.mark.parametrize("locale", NAMED)
@pytest.mark.parametrize("command", [("hits", "of"), ("why",)])
def test_a_hit_is_named_by_what_it_was_about(ada, locale, command):
    said = terreau("--lang", locale, *command, str(ada)).output.replace("\u202f", " ").replace("\u00a0", " ")
    assert [one for one in NAMED[locale] if one not in said] == [], said
    assert "1f8cb6be" not in said


def test_programs_read_the_address_and_the_subject_beside_the_number(ada):
    hits = json.loads(terreau("hits", "of", str(ada), "--json").output)["hits"]
    told = {(one["kind"], one["link"], one["url"], one["about"]) for one in hits}
    assert {("click", "0", URL, "conseils-3d/niveaux"), ("click", "7", None, None)} <= told
    assert ("download", "1f8cb6be", None, "variantes") in told

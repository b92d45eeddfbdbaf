"""`terreau leads add` and `terreau leads id`, and the lists that say the same."""

import json
import re

import pytest
from sqlalchemy import select, update

from storage.schema import leads, outside_ids, submissions
from tests.terreau.living import terreau, today

DORA = ("email=dora@zinc.fr", "first_name=Dora", "city=Lyon", "country=Germany", "--origin", "vendor",
        "--who", "LeadActif", "--ground", "consent")  # fmt: skip


@pytest.fixture
def house(lively, content):
    today(lively)
    return lively


def rows(lively, table=leads):
    with lively.database.read() as conn:
        return conn.execute(select(table).order_by(*table.primary_key.columns)).all()


def test_somebody_is_added_once_with_what_is_known(house):
    added = terreau("leads", "add", *DORA, "--owner", "nadia")
    assert added.output == "Lead 1 was added.\n"
    [row] = rows(house)
    assert (row.status, row.origin, row.source, row.owner) == ("contact", "vendor", "vendor:LeadActif", "nadia")
    assert (row.fields, row.company_domain, row.locale) == ({"city": "Lyon", "country": "DE"}, "zinc.fr", "fr")
    again = terreau("leads", "add", *DORA)
    assert (again.exit_code, "Lead 1 is this person already" in again.output) == (1, True)
    assert terreau("leads", "add", *DORA[:-2]).exit_code == 2, "a ground is needed"


def test_explain_says_who_brought_somebody_and_on_which_ground(house, content):
    told = ("--note", "contract 12", "--interest", "a quote", "--author", "Chloé")
    assert terreau("leads", "add", *DORA, *told).exit_code == 0
    (content.parent / "salon.csv").write_text("email;Ville\ndora@zinc.fr;Nantes\nzoe@zinc.fr;Brest\n")
    assert terreau("import", "salon.csv", "--yes", "--source", "salon-2026", "--existing", "overwrite").exit_code == 0
    explained = terreau("explain", "dora@zinc.fr").output
    ground = "Ground: consent they gave to whoever brings them. Interest: a quote. Note: contract 12."
    assert "Who brought them\n  2 November 2026" in explained
    assert f"Vendor: LeadActif, added by Chloé. {ground}" in explained
    assert "salon-2026, line 2 of a list that " in explained
    [first, second] = json.loads(terreau("explain", "dora@zinc.fr", "--json").output)["brought"]
    assert (first["origin"], first["by"], first["note"], second["line"]) == ("vendor", "Chloé", "contract 12", 2)
    french = terreau("explain", "1", "--lang", "fr").output.replace("\xa0", " ")
    assert "LeadActif, ajouté par Chloé. Base : " in french
    assert "Who brought them" not in terreau("explain", str(house.submits("ada"))).output


def test_a_partners_link_is_made_for_whom_the_settings_know(house, content):
    (content.parent / "config.toml").write_text('[[partners]]\nid = "agence-nord"\nname = "Agence Nord"\n')
    made = terreau("leads", "link", "agence-nord", "guide-3d", "--locale", "en")
    assert made.exit_code == 0, made.output
    assert re.fullmatch(r"http://[^/]+/en/p/guide-3d\?partner=\S+\n", made.output)
    for words, sentence in [
        (("agence-nrd", "guide-3d"), "no [[partners]] with the id `agence-nrd` (did you mean `agence-nord`?)"),
        (("agence-nord", "guide"), "the content in force has no page `guide` (did you mean `guide-3d`?)"),
        (("agence-nord", "guide-3d", "--locale", "de"), "the site speaks fr, en"),
    ]:
        refused = terreau("leads", "link", *words)
        assert refused.exit_code > 0
        assert sentence in refused.output


def test_no_link_is_made_to_a_page_in_a_language_it_is_not_written_in(house, content):
    (content.parent / "config.toml").write_text('[[partners]]\nid = "agence-nord"\nname = "Agence Nord"\n')
    page = content / "pages" / "demo.toml"
    page.write_text(f'locales = ["en"]\n{page.read_text()}')
    applied = terreau("apply", "--author", "ada")
    assert applied.exit_code == 0, applied.output
    refused = terreau("leads", "link", "agence-nord", "demo")
    assert refused.exit_code == 1
    assert "the page `demo` is written in en, not in fr: choose with `--locale`" in refused.output
    assert "/en/p/demo?partner=" in terreau("leads", "link", "agence-nord", "demo", "--locale", "en").output


@pytest.mark.parametrize(("lang", "said"), [("en", "brought by: Partner: Agence"), ("fr", "Partenaire : Agence Nord")])
def test_whoever_a_partners_link_brought_has_the_partner_named_in_words(house, lang, said):
    touch = {"brought_by": "partner:Agence Nord", "page": "guide-3d", "at": house.clocks.calendar().isoformat()}
    ada = house.submits("ada")
    came = update(submissions).where(submissions.c.lead_id == ada).values(touch=touch)
    house.database.write(lambda conn: conn.execute(came).rowcount)
    told = terreau("explain", str(ada), "--lang", lang).output.replace("\xa0", " ").replace("\u202f", " ")
    assert said in told
    assert "partner:Agence" not in told


def test_another_systems_id_means_the_lead_in_every_command(house):
    house.submits("ada")
    assert terreau("leads", "id", "ada@lumen.example", "hubspot", "51200034").output == "Noted.\n"
    assert "It said so already" in terreau("leads", "id", "hubspot:51200034", "hubspot", "51200034").output
    assert "Ada" in terreau("explain", "hubspot:51200034").output
    assert terreau("explain", "hubspot:1").exit_code == 1
    assert terreau("leads", "id", "1", "hubspot", "51200034", "--remove").output == "Noted.\n"
    assert rows(house, outside_ids) == []


def test_a_list_brings_ids_and_addresses_and_never_takes_an_id_from_another(house, content):
    ada = house.submits("ada")
    terreau("leads", "id", "ada@lumen.example", "hubspot", "1")
    rows_ = "ada@lumen.example;7;Lyon;Allemagne\nbob@zinc.fr;8;Paris;France\nzoe@zinc.fr;1;;\n"
    (content.parent / "crm.csv").write_text(f"email;Record ID;Ville;Pays\n{rows_}")
    done = terreau("import", "crm.csv", "--yes", "--map", "Record ID=id:hubspot")
    assert done.exit_code == 0, done.output
    named = {row.email: row for row in rows(house)}
    assert named["bob@zinc.fr"].fields == {"city": "Paris", "country": "FR"}
    assert named["ada@lumen.example"].fields["country"] == "DE"
    assert named["bob@zinc.fr"].company_domain == "zinc.fr"
    whose = {(row.system, row.value): row.lead_id for row in rows(house, outside_ids)}
    assert whose == {
        ("hubspot", "1"): ada, ("hubspot", "7"): ada, ("hubspot", "8"): named["bob@zinc.fr"].id,
    }  # fmt: skip
    wrong = terreau("import", "crm.csv", "--dry-run", "--map", "Record ID=id:Hub Spot")
    assert "there is no field `id:Hub Spot` to fill" in wrong.output


def test_a_number_alone_is_known_by_it(house):
    ours = ("--origin", "outbound", "--who", "Nadia", "--ground", "request")
    added = terreau("leads", "add", "phone=06 39 98 12 34", *ours)
    assert added.exit_code == 0, added.output
    assert rows(house)[0].phone == "+33639981234"
    assert "sales:Nadia" in str(rows(house)[0].source)

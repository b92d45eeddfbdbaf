"""A postal address: the same names everywhere, the country as a code, read in the reader's own language."""

import pytest

from leads.correcting import fields_of
from leads.imports.columns import field_of
from leads.postal import canonical, country_name, written


@pytest.mark.parametrize(
    ("typed", "code"),
    [("France", "FR"), ("FRANCE ", "FR"), ("fr", "FR"), ("Allemagne", "DE"), ("Germany", "DE"), ("Deutschland", "DE"),
     ("Côte d'Ivoire", "CI"), ("Royaume-Uni", "GB"), ("UK", "GB"), ("USA", "US"), ("Belgique", "BE"), ("België", "BE"),
     ("Suisse", "CH"), ("Narnia", "Narnia")],
)  # fmt: skip
def test_a_country_is_known_by_its_name_in_six_languages_or_stays_as_it_is(typed, code):
    assert canonical("country", typed.strip()) == code


def test_other_parts_stay_as_they_are_typed():
    assert canonical("postal_code", "sw1a 1aa") == "SW1A 1AA"
    assert canonical("postal_code", "01000") == "01000"
    assert canonical("city", "l'Haÿ-les-Roses") == "l'Haÿ-les-Roses"
    assert canonical("team", "fr") == "fr"


def test_an_address_is_written_for_its_reader_without_what_is_not_known():
    fields = {"street": "3 rue Brun", "postal_code": "69001", "city": "Lyon", "country": "DE"}
    assert written(fields, "fr") == ("3 rue Brun", "69001 Lyon", "Allemagne")
    assert written(fields, "en") == ("3 rue Brun", "69001 Lyon", "Germany")
    assert written({"city": "Lyon"}, "fr") == ("Lyon",)
    assert written({}, "fr") == ()
    assert country_name("Narnia", "fr") == "Narnia"


@pytest.mark.parametrize(
    ("header", "field"),
    [("Code postal", "postal_code"), ("CP", "postal_code"), ("ZIP", "postal_code"), ("Ville", "city"),
     ("Pays", "country"), ("Country/Region", "country"), ("Street Address", "street"), ("Adresse", "street"),
     ("Adresse e-mail", "email"), ("E-mail Address", "email")],
)  # fmt: skip
def test_columns_of_lists_are_known_by_their_names(header, field):
    assert field_of(header) == field


def test_every_lead_may_have_one_whatever_forms_ask_for(site):
    assert fields_of(site)[:4] == ["street", "postal_code", "city", "country"]

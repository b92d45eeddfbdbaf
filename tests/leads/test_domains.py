"""Which company an address stands for: its registered domain, unless everybody may have an address there."""

import pytest

from leads.addresses import canonical_email
from leads.domains import company_domain, registered


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("ada@lumen.fr", "lumen.fr"),
        ("ada@mail.lumen.fr", "lumen.fr"),
        ("ada@paris.news.lumen.co.uk", "lumen.co.uk"),
        ("ada@comite.asso.fr", "comite.asso.fr"),
        ("ada@lumen.com.au", "lumen.com.au"),
        ("ada@ville.gouv.fr", "ville.gouv.fr"),
        ("ada@co.fr", "co.fr"),
        ("ada@ateliér-lumen.fr", "xn--atelir-lumen-feb.fr"),
        ("ada@orange-bleue.fr", "orange-bleue.fr"),
        ("ada@gmail-conseil.fr", "gmail-conseil.fr"),
    ],
)
def test_an_address_at_a_company_names_its_registered_domain(address, domain):
    assert company_domain(canonical_email(address)) == domain


@pytest.mark.parametrize(
    "domain",
    ["orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "bbox.fr", "numericable.fr",
     "club-internet.fr", "aliceadsl.fr", "gmail.com", "googlemail.com", "hotmail.fr", "outlook.com", "live.fr",
     "yahoo.fr", "yahoo.co.uk", "icloud.com", "me.com", "gmx.fr", "proton.me", "bluewin.ch", "skynet.be",
     "mail.orange.fr", "yopmail.com"],
)  # fmt: skip
def test_a_providers_domain_is_no_company(domain):
    assert company_domain(f"ada@{domain}") is None


@pytest.mark.parametrize(
    "domain", ["example.com", "mail.example.org", "example.net", "lumen.test", "nobody.invalid", "example", "localhost"]
)
def test_a_domain_that_nobody_can_have_is_no_company(domain):
    assert company_domain(f"ada@{domain}") is None


def test_a_house_of_a_story_is_a_company():
    assert company_domain("ada@mail.lumen.example") == "lumen.example"


def test_nobody_without_an_address_has_a_company():
    assert company_domain(None) is None
    assert company_domain("") is None


def test_a_bare_ending_is_taken_as_it_is():
    assert registered("fr") == "fr"

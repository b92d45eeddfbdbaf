"""Addresses that look mistyped are asked about; those that are right, or only rare, never."""

import pytest

from leads.typos import meant_domain, missing_end


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("chloe@gmial.com", "gmail.com"),
        ("chloe@GMIAL.com", "gmail.com"),
        ("chloe@gmal.com", "gmail.com"),
        ("chloe@gmaill.com", "gmail.com"),
        ("chloe@gmail.con", "gmail.com"),
        ("chloe@gmail.co", "gmail.com"),
        ("chloe@gmail.fr", "gmail.com"),
        ("chloe@hotmial.fr", "hotmail.fr"),
        ("chloe@outlok.com", "outlook.com"),
        ("chloe@ornage.fr", "orange.fr"),
        ("chloe@laposte.ent", None),
        ("chloe@lapsote.net", "laposte.net"),
        ("chloe@yahoo.rf", "yahoo.com"),
    ],
)
def test_a_slip_in_a_known_provider_is_asked_about(address, meant):
    assert meant_domain(address) == meant


@pytest.mark.parametrize(
    "address",
    [
        "chloe@gmail.com",
        "chloe@googlemail.com",
        "chloe@mail.com",
        "chloe@ymail.com",
        "chloe@hotmail.it",
        "chloe@outlook.de",
        "chloe@yahoo.co.uk",
        "chloe@atelier-marchand.fr",
        "chloe@free.fr",
        "chloe@gmail",
        "chloe",
        "",
        "@",
    ],
)
def test_an_address_that_may_be_right_is_left_alone(address):
    assert meant_domain(address) is None


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("chloe@gmial", "chloe@gmail.com"),
        ("chloe@gmail", "chloe@gmail.com"),
        ("chloe@Hotmial", "chloe@hotmail.fr"),
        ("chloe@lapsote", "chloe@laposte.net"),
        ("chloe@atelier-marchand", "chloe@atelier-marchand.fr"),
        ("chloe@mail", "chloe@mail.fr"),
    ],
)
def test_the_end_that_a_provider_has_completes_an_address_cut_off(typed, completed):
    assert "".join(missing_end(typed, ".fr")) == completed

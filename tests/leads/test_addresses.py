"""Addresses and numbers: one form for each, or a code that a form can make a sentence of."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.addresses import NotAnAddress, NotANumber, canonical_email, canonical_phone, examined_email, shown_phone

REAL_ADDRESSES = Path(__file__).resolve().parents[3] / "shared" / "data" / "addresses" / "isemail-tests.csv"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ada@lumen.example", "ada@lumen.example"),
        ("  Ada.Lovelace@LUMEN.example ", "ada.lovelace@lumen.example"),
        ("ada+guide@lumen.example", "ada+guide@lumen.example"),
        ("chloe@exämple.com", "chloe@xn--exmple-cua.com"),
        ("o'neil@lumen.example", "o'neil@lumen.example"),
        ("Zoé@lumen.example", "zoé@lumen.example"),
        ("zoe\u0301@LUMEN.example", "zoé@lumen.example"),  # the same letters, typed on another machine
        ("用户@exämple.com", "用户@xn--exmple-cua.com"),
    ],
)
def test_an_address_has_one_form(typed, stored):
    assert canonical_email(typed) == stored
    assert canonical_email(stored) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("ada", "email_invalid"),
        ("ada@", "email_invalid"),
        ("ada@@lumen.example", "email_invalid"),
        ("ada@lumen..example", "email_invalid"),
        (".ada@lumen.example", "email_invalid"),
        ('"ada b"@lumen.example', "email_invalid"),
        ("ada@[127.0.0.1]", "email_invalid"),
        ("zo\u00e9\u200b@lumen.example", "email_invalid"),
        ("zo\u202eé@lumen.example", "email_invalid"),
        ("é" * 33 + "@lumen.example", "email_too_long"),  # 66 bytes
        ("ada@lumen.example\r\nBcc: bob@lumen.example", "email_invalid"),
        ("Ada <ada@lumen.example>", "email_invalid"),
        ("a" * 65 + "@lumen.example", "email_invalid"),
        ("-ada@lumen.example", "email_invalid"),  # no relay of ours may be given what reads like an option
        ("=?utf-8?q?bob?=@lumen.example", "email_invalid"),  # the header To would name somebody else
        ("ada@lumen.test", "email_unreachable"),
        ("ada@lumen.invalid", "email_unreachable"),
    ],
)
def test_what_is_no_address_says_why_by_a_code(typed, code):
    with pytest.raises(NotAnAddress) as refused:
        canonical_email(typed)
    assert refused.value.code == code


@pytest.mark.skipif(not REAL_ADDRESSES.exists(), reason="the shared test data is not here")
def test_no_address_of_a_known_collection_of_errors_is_accepted():
    with REAL_ADDRESSES.open(newline="") as file:
        wrong = [row["address"] for row in csv.DictReader(file) if row["category"] == "ISEMAIL_ERR"]
    accepted = []
    for address in wrong:
        try:
            accepted.append((address, canonical_email(address)))
        except NotAnAddress:
            continue
    assert accepted == []
    assert len(wrong) > 50


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("06 39 98 12 34", "FR", "+33639981234"),
        ("+33 (0)6 39 98 12 34", "FR", "+33639981234"),
        ("0033639981234", "FR", "+33639981234"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+1 202 555 0143", "FR", "+12025550143"),
    ],
)
def test_a_number_is_stored_in_e164(typed, region, stored):
    assert canonical_phone(typed, region) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "missing"), ("12", "phone_invalid"), ("call me", "phone_invalid"), ("+999 123456", "phone_country")],
)
def test_what_is_no_number_says_why_by_a_code(typed, code):
    with pytest.raises(NotANumber) as refused:
        canonical_phone(typed)
    assert refused.value.code == code


def test_a_number_is_shown_as_people_write_it():
    assert shown_phone("+33639981234") == "06 39 98 12 34"
    assert shown_phone("+442079460958") == "+44 20 7946 0958"
    assert shown_phone("no number") == "no number"


@given(
    st.from_regex(r"[A-Za-z0-9._+\-=]{1,70}@[A-Za-z0-9.\-]{1,40}\.(org|test|fr)", fullmatch=True)
    | st.text("ab.+-_@é \n<>", max_size=12)
)
def test_an_address_at_a_domain_that_was_met_before_is_answered_as_if_it_never_was(typed):
    def answer(canonical):
        try:
            return canonical(typed)
        except NotAnAddress as error:
            return error.code

    assert [answer(canonical_email), answer(canonical_email)] == [answer(examined_email)] * 2

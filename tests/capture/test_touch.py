"""Where a visitor comes from, cut to size."""

from datetime import UTC, datetime

import pytest

from capture.touch import external_referrer, kept_touch, read_touch
from leads.touches import channel

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_parameters_click_ids_page_and_instant_are_kept_and_nothing_else():
    arguments = {"utm_source": " lettre ", "utm_campaign": "", "fbclid": "f", "li_fat_id": "l", "stage": "customer"}
    assert read_touch(arguments, None, {"lumen.example"}, "guide-3d", MONDAY) == {
        "utm_source": "lettre",
        "fbclid": "f",
        "li_fat_id": "l",
        "page": "guide-3d",
        "at": "2026-11-02T09:00:00+00:00",
    }


def test_what_is_too_long_is_cut_and_what_cannot_be_printed_is_left_out():
    touch = read_touch({"utm_source": "a\r\nb\x00" + "x" * 500, "gclid": "g" * 900}, None, {"h"}, "p", MONDAY)
    assert touch["utm_source"] == "ab" + "x" * 148
    assert len(touch["gclid"]) == 250


def test_a_click_id_is_kept_only_with_consent_to_be_measured():
    touch = {"utm_source": "ads", "gclid": "who-they-are", "page": "demo"}
    assert kept_touch(touch, agreed=True) == touch
    kept = kept_touch(touch, agreed=False)
    assert kept == {"utm_source": "ads", "page": "demo", "ad_click": "gclid"}
    assert channel(kept) == channel(touch) == "paid_search"
    assert kept_touch({"page": "demo"}, agreed=False) == {"page": "demo"}


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        ("https://search.example/find?q=secret#x", "https://search.example/find"),
        ("https://user:password@search.example:8443/a", "https://search.example/a"),
        ("https://lumen.example/p/demo", ""),
        ("android-app://com.example", ""),
        ("javascript:alert(1)", ""),
        ("http://[broken", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_another_sites_page_is_a_referrer_without_its_query(referrer, kept):
    assert external_referrer(referrer, {"lumen.example"}) == kept

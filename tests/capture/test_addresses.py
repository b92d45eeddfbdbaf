"""Our own addresses: languages, click codes, what is one of our pages."""

import pytest

from base.config import Config
from capture.addresses import absolute, own_page, page_path, split_code, thanks_path, with_code

CONFIG = Config.model_validate({"site": {"base_url": "https://lumen.example"}})
TOKEN = "0123456789abcdefghijKL"


def test_the_default_language_has_no_prefix():
    assert page_path(CONFIG, "fr", "demo") == "/p/demo"
    assert page_path(CONFIG, "en", "demo") == "/en/p/demo"
    assert thanks_path(CONFIG, "en", "demo") == "/en/thanks/demo"
    assert absolute(CONFIG, "/p/demo") == "https://lumen.example/p/demo"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://lumen.example/p/demo", "demo"),
        ("https://lumen.example/en/p/demo?utm_source=x#form", "demo"),
        ("https://lumen.example/p/demo/", "demo"),
        ("https://lumen.example/thanks/demo", None),
        ("https://lumen.example/", None),
        ("https://lumen.example.evil.example/p/demo", None),
        ("https://lumen.exampl/p/demo", None),
        ("//lumen.example/p/demo", None),
    ],
)
def test_only_addresses_under_the_base_are_our_pages(url, page):
    assert own_page(CONFIG, url) == page


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/p", "https://x.example/p?c=K"),
        ("https://x.example/p?a=1", "https://x.example/p?a=1&c=K"),
        ("https://x.example/p?a=1#f", "https://x.example/p?a=1&c=K#f"),
        ("https://x.example/p#f", "https://x.example/p?c=K#f"),
    ],
)
def test_the_code_stands_before_the_fragment(url, expected):
    assert with_code(url, "K") == expected


@pytest.mark.parametrize("code", ["", TOKEN, TOKEN + "x", TOKEN + "12345", TOKEN + "/1", TOKEN + "-1"])
def test_what_is_no_code_is_none(code):
    assert split_code(code) is None


def test_a_code_is_a_token_and_a_number():
    assert split_code(TOKEN + "12") == (TOKEN, 12)

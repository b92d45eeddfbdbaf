"""Strings that break software, through every field of every form: never an error of ours, shown back as they were."""

import html
import json
import re
from pathlib import Path

import pytest

from base.paths import data_path

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

STRINGS = data_path().parent / "shared" / "data" / "hostile" / "naughty-strings" / "blns.json"


def naughty(path: Path) -> list[str]:
    return [text for text in json.loads(path.read_text()) if text.strip()]


def is_sendable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def shown(page: str, name: str) -> str | None:
    """The value of a control, as a browser would have it after parsing."""
    area = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    line = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    found = area or line
    return html.unescape(found[1]) if found else None


@pytest.mark.skipif(not STRINGS.exists(), reason="the folder of shared test data is not beside this checkout")
def test_whatever_is_typed_is_taken_or_said_to_be_wrong_and_never_runs(browse, door):
    browser = browse(server={"form_min_seconds": 0})
    strings = [text for text in naughty(STRINGS) if is_sendable(text)]
    assert len(strings) > 450
    for name, form in {page.form: door.site().forms[page.form] for page in door.site().pages.values()}.items():
        page = next(one for one, authored in door.site().pages.items() if authored.form == name)
        typed = [field for field in form.field if field.kind in ("text", "email", "phone")]
        hidden = browser.hidden(f"/p/{page}")
        for text in strings:
            # In every field at once: as an address none of them is right, so that all come back.
            answer = browser.post(f"/p/{page}", {**hidden, **{field.name: text for field in typed}})
            assert answer.status_code in (400, 422), (name, text)
            for field in typed if answer.status_code == 422 else ():
                assert (shown(answer.text, field.name) or "").replace("\r\n", "\n") == text.replace("\r\n", "\n")
            assert_nothing_runs(answer.text)


@pytest.mark.skipif(not STRINGS.exists(), reason="the folder of shared test data is not beside this checkout")
def test_every_field_takes_every_string_without_an_error_of_ours(browse, door):
    """The same, recorded: what is accepted is kept as text, whatever it looks like."""
    browser = browse(server={"form_min_seconds": 0})
    strings = [text for text in naughty(STRINGS) if is_sendable(text)]
    right = {"first_name": "A", "last_name": "M", "company": "T", "team": "1", "timeline": "now"}
    hidden = browser.hidden("/p/demo")
    for number, text in enumerate(strings):
        answers = {**right, "email": f"ada{number}@x.example", "first_name": text, "company": text, "need": text}
        answer = browser.post("/p/demo", {**hidden, **answers})
        assert answer.status_code in (303, 400, 422), text


@pytest.mark.parametrize(
    "text",
    [
        '"><script>alert(1)</script>',
        "</textarea><svg onload=alert(1)>",
        "{{7*7}}",
        "{% for x in y %}",
        "javascript:alert(1)",
        "%s %(x)s",
        "'\"\\",
    ],
)
def test_markup_and_templates_come_back_as_text(browse, text):
    browser = browse(server={"form_min_seconds": 0})
    answer = browser.send("/p/demo", {"first_name": text, "need": text, "email": text})
    assert answer.status_code == 422
    assert shown(answer.text, "first_name") == shown(answer.text, "need") == shown(answer.text, "email") == text
    assert_nothing_runs(answer.text)


def assert_nothing_runs(page: str) -> None:
    assert not re.search(r"<script(?! src=\"/static/)", page)
    assert not re.search(r"<svg on|<img|<iframe|<object|<embed", page, re.IGNORECASE)

"""The example site is whole, speaks both languages throughout, and keeps the tone it promises."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authoring.site import Site
from base.calendars import add
from base.durations import parse_duration
from base.paths import data_path
from emails.compile import author_problems, compile_email, path_of
from emails.layouts import Setting
from terreau.check import check_tree

LOCALES = ("fr", "en")
CONTENT = data_path("content")
TOML_FILES = sorted(path.relative_to(CONTENT).as_posix() for path in CONTENT.rglob("*.toml"))
TEXT_FILES = [*TOML_FILES, *sorted(path.relative_to(CONTENT).as_posix() for path in CONTENT.rglob("*.md"))]
TRANSLATED = {
    "title", "label", "meaning", "role", "description", "wording", "hint", "intro", "submit", "lead", "byline", "cover",
    "body", "ticked", "text", "mark", "privacy",
}  # fmt: skip
SAYS_THE_SAME_EVERYWHERE = re.compile(r"p\. \d+|\d+( h)?")
FORBIDDEN = re.compile(
    r"veuillez|invalide|invalid\b|boost|!|cliquez ici|click here|oups|oops|désolé|sorry", re.IGNORECASE
)
OWN_ADDRESSES = {"magnet_url", "confirm_url"}


def read(path: str) -> str:
    return (CONTENT / path).read_text(encoding="utf-8")


def entries(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its value, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from entries(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from entries(inner, key)


def test_nothing_is_wrong_with_it():
    assert [problem.sentence() for problem in check_tree(CONTENT, LOCALES)] == []


def test_asking_again_and_again_floods_nobody(site: Site):
    """Anybody may type anybody's address: what a form sends at once is sent at most so often."""
    least = {"confirmation-lettre": timedelta(hours=24)}
    at_once = [name for name, found in site.sequences.items() if found.re_entry == "always"]
    assert at_once
    for name in at_once:
        wait = site.sequences[name].min_interval
        assert wait is not None, name
        moment = datetime(2026, 11, 3, tzinfo=UTC)
        assert add(moment, parse_duration(wait), "UTC") - moment >= least.get(name, timedelta(hours=1)), name


def test_it_holds_what_a_newcomer_needs_to_see(site: Site):
    assert {"guide-3d", "variantes"} <= set(site.magnets)
    assert {"guide-3d", "lettre", "demo"} <= set(site.forms)
    assert site.forms["demo"].hand_raise
    assert site.forms["lettre"].subscribe == "lettre"
    assert {page.form for page in site.pages.values()} == set(site.forms), "every form can be reached from a page"
    broadcasts = [name for name, found in site.sequences.items() if any(trigger.at for trigger in found.trigger)]
    assert broadcasts == ["lettre-novembre"]
    assert sum(1 for step in site.sequences["conseils-3d"].step if step.email) == 5


@pytest.mark.parametrize("path", [path for path in TOML_FILES if not path.startswith("personas/")])
def test_every_text_is_there_in_both_languages(path: str):
    for key, value in entries(tomllib.loads(read(path))):
        if isinstance(value, dict) and set(value) & set(LOCALES):
            assert set(value) == set(LOCALES), f"{key}: {value}"
            assert all(text.strip() for text in value.values()), f"{key}: {value}"
        elif isinstance(value, str) and key in TRANSLATED:
            assert SAYS_THE_SAME_EVERYWHERE.fullmatch(value), f"{key} = {value!r} has one language only"


def test_every_mail_says_the_same_things_in_both_languages(site: Site):
    names = {(sequence, email) for sequence, email, _ in site.emails}
    wanted = {(name, step.email) for name, found in site.sequences.items() for step in found.step if step.email}
    assert names == wanted
    for sequence, email in sorted(names):
        french, english = (site.emails[sequence, email, locale] for locale in LOCALES)
        assert french.interests == english.interests, f"{sequence}/{email}"
        assert expressions(french.body) == expressions(english.body), f"{sequence}/{email}"
        assert shape(french.body) == shape(english.body), f"{sequence}/{email}"


def expressions(body: str) -> list[str]:
    return re.findall(r"\{[{%].*?[}%]\}", body)


def shape(body: str) -> list[str]:
    """The first sign of each line: headings, list items, quotations stand at the same places."""
    return [re.match(r"#+|-|\d+\.|>|\[|", line).group() for line in body.splitlines() if line.strip()]  # type: ignore[union-attr]


def test_every_mail_compiles_and_asks_for_nothing_unknown(site: Site):
    setting = Setting("https://atelier-lumen.example")
    for (sequence, email, locale), text in site.emails.items():
        path = path_of(sequence, email, locale)
        assert [problem.sentence() for problem in author_problems(site, text, path)] == []
        assert compile_email(site, sequence, email, locale, setting).subject


def test_marketing_mails_lead_to_our_own_pages_so_that_a_visit_can_be_confirmed(site: Site):
    for (sequence, email, locale), text in site.emails.items():
        links = re.findall(r"\]\(([^)]*?)(?: \"button\")?\)", text.body)
        targets = {link.strip("{} ") for link in links}
        assert all(target in OWN_ADDRESSES or target.startswith("pages.") for target in targets), (
            sequence,
            email,
            locale,
        )
        if site.sequences[sequence].class_ == "marketing":
            assert any(target.startswith("pages.") for target in targets), f"{sequence}/{email} has nothing to click"


def test_a_mail_has_at_most_one_button(site: Site):
    for key, text in site.emails.items():
        assert text.body.count('"button"') <= 1, key


@pytest.mark.parametrize("path", TEXT_FILES)
def test_no_text_begs_blames_or_shouts(path: str):
    shouted = [f"{number}: {line}" for number, line in enumerate(read(path).splitlines(), 1) if FORBIDDEN.search(line)]
    assert not shouted, "\n".join(shouted)


def test_the_advice_says_how_many_mails_it_is_and_where_one_stands(site: Site):
    """The form promises four messages: each lead gets four of the five, numbered in the order they arrive."""
    second = {"depuis-le-plan", "croquis-d-abord"}
    numbered = {"niveaux": 1, "rendez-vous": 3, "variantes": 4} | dict.fromkeys(second, 2)
    for email, number in numbered.items():
        assert f"Message {number} sur 4" in site.emails["conseils-3d", email, "fr"].why
        assert f"Message {number} of 4" in site.emails["conseils-3d", email, "en"].why
    steps = [step.email for step in site.sequences["conseils-3d"].step if step.email]
    assert [numbered[email] for email in steps if email] == [1, 2, 2, 3, 4]
    (wording,) = (field.wording for field in site.forms["guide-3d"].field if field.kind == "consent")
    assert wording == {
        "fr": "J'accepte de recevoir par e-mail les conseils 3D d'Atelier Lumen : quatre messages en trois semaines.",
        "en": "I agree to receive Atelier Lumen’s 3D advice by email: four messages over three weeks.",
    }


def test_colours_are_those_of_the_public_style_sheet(site: Site):
    """A visitor sees the brand of definitions.toml; the style sheet alone must look the same."""
    style = data_path("static", "public.css").read_text(encoding="utf-8")
    for palette in (site.definitions.brand.day, site.definitions.brand.night):
        for name, colour in palette.model_dump().items():
            assert f"--{name.replace('_', '-')}: {colour}" in style, name

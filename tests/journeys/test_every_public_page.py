"""Every public page there is, the rare ones too, in both languages, by day and night: whole, light, read by all.

A page is asked for as a visitor comes to it, or the refusal behind it is raised; a browser looks at what came.
"""

from collections.abc import Iterator
from typing import Any

import html5lib
import pytest
from flask import Flask, abort
from sqlalchemy import update

from capture.notices import FAILURES
from leads import consenting
from storage.schema import leads
from terreau.app import create_app
from tests.journeys.public_pages import AXE, Shown, looked_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
LOCALES = ("fr", "en")
PREFIX = {"fr": "", "en": "/en"}
REFUSALS = (*FAILURES, 408, 429)


@pytest.fixture
def refusing(shown: Shown) -> Flask:
    """The same house, with an address for each refusal."""
    app = create_app(shown.house)
    app.add_url_rule("/refuse/<int:code>", view_func=lambda code: abort(code))

    def broken() -> None:
        raise RuntimeError("an error of ours")

    app.add_url_rule("/broken", view_func=broken)
    return app


def rare(shown: Shown, app: Flask, locale: str) -> Iterator[tuple[str, str]]:
    """(name, document) of the pages that nobody has a link to."""
    client = app.test_client()
    headers = {"Accept-Language": locale}
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for code in REFUSALS:
        answer = client.get(f"/refuse/{code}", headers=headers, base_url=shown.url)
        assert answer.status_code == code
        yield f"refusal {code}", answer.text
    yield "broken", client.get("/broken", headers=headers, base_url=shown.url).text
    yield (
        "form cut off",
        client.post(
            f"{PREFIX[locale]}/p/demo", headers=headers, base_url=shown.url, data={"nothing": "x" * 2_000_000}
        ).text,
    )


def speaks(shown: Shown, locale: str) -> dict[str, str]:
    """Chloé reads that language from now on; the addresses of her pages, and of the pages of the site in it."""

    def job(conn: Any) -> str:
        conn.execute(update(leads).values(locale=locale))
        return consenting.preference_token(conn, shown.lead_id, "conseils-3d")

    shown.house.database.write(job)
    confirm = shown.house.signer.sign("confirm", {"lead": shown.lead_id, "topics": ["conseils-3d"], "submission": 1})
    prefix = PREFIX[locale]
    return {
        **{name: path for name, path in shown.paths.items() if not name.startswith(("page", "thanks"))},
        "page": f"{prefix}/p/guide-3d",
        "demo": f"{prefix}/p/demo",
        "thanks": f"{prefix}/thanks/guide-3d",
        "confirm": f"/confirm/{confirm}",
    }


def speaks_it(name: str, locale: str, document: str) -> bool:
    """The pages of sales speak the language of the rep."""
    return name.startswith("verdict") or f'<html lang="{locale}"' in document


ACTS = ("demo", "confirm", "preferences", "unsubscribe")  # pages with a button, whose answer is a page too


def faults_of(document: str) -> list[str]:
    """What the parser of the standard stumbles over."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(document)
    return [f"{place}: {code} {data}" for place, code, data in parser.errors]


def answered_with(page: Any, address: str, document: str) -> None:
    """The document as if it stood at that address, with the styles of the house."""

    def answer(route: Any) -> None:
        route.fulfill(body=document, content_type="text/html")

    page.route(address, answer)
    page.goto(address)
    page.unroute(address)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_public_page_is_whole_and_read_by_all(shown, refusing, locale):
    problems: list[str] = []
    page = shown.page(locale=locale)
    page.add_init_script(path=AXE)
    paths = speaks(shown, locale)
    documents: dict[str, str] = dict(rare(shown, refusing, locale))

    def seen(name: str) -> None:
        problems.extend(looked_at(page, f"{name} ({locale})"))

    for name, path in paths.items():
        answer = page.goto(shown.url + path)
        documents[name] = answer.text()
        seen(name)
        if name in ACTS:
            with page.expect_navigation():
                page.locator("main form button[type=submit]").first.click()
            documents[f"{name}, sent"] = page.content()
            seen(f"{name}, sent")
    for name in [name for name in documents if name.startswith(("refusal", "broken", "form"))]:
        answered_with(page, f"{shown.url}/looked-at", documents[name])
        seen(name)
    page.context.close()
    problems += [f"{name}: {fault}" for name, text in documents.items() for fault in faults_of(text)]
    problems += [f"{name}: no {locale}" for name, text in documents.items() if not speaks_it(name, locale, text)]
    assert problems == []

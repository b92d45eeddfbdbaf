"""A visitor of the demo: opens pages over real HTTP, fills their forms, keeps cookies, follows links in mails.

It knows no address of the house but those it reads on pages and in mails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx
from lxml import html
from lxml.html import FormElement, HtmlElement


class Lost(Exception):
    """A page did not hold what the visitor looked for."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A page as it was answered; `url` after redirects."""

    url: str
    status: int
    text: str
    tree: HtmlElement

    @property
    def heading(self) -> str:
        found = self.tree.xpath("//h1")
        return " ".join(found[0].text_content().split()) if found else ""

    @property
    def language(self) -> str:
        return str(self.tree.xpath("string(/html/@lang)"))

    def form(self, field: str | None = None) -> FormElement:
        """The form that has that field, or the first that is posted. Raises Lost."""
        for form in self.tree.forms:
            if form.method == "POST" and (field is None or field in form.fields):
                return form
        raise Lost(f"{self.url} has no form{f' with the field {field}' if field else ''} (status {self.status})")

    def links(self, part: str) -> list[str]:
        """The addresses on this page that contain `part`, in order, each once."""
        found = (urljoin(self.url, str(href)) for href in self.tree.xpath("//a/@href"))
        return list(dict.fromkeys(link for link in found if part in link))

    def downloads(self) -> list[str]:
        """The addresses of the files offered here, in order."""
        return [urljoin(self.url, str(href)) for href in self.tree.xpath("//a[@download]/@href")]


class Visitor:
    """One visitor, with a browser's cookies and language. Use as a context manager."""

    def __init__(self, base_url: str, language: str = "fr") -> None:
        self._client = httpx.Client(
            base_url=base_url,
            follow_redirects=True,
            timeout=20,
            headers={
                "Accept-Language": language,
                "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def open(self, address: str) -> Sight:
        return _seen(self._client.get(address))

    def download(self, address: str) -> bytes:
        answer = self._client.get(address)
        answer.raise_for_status()
        return answer.content

    def send(self, sight: Sight, values: Mapping[str, str | bool], button: str | None = None) -> Sight:
        """Fills the form that has these fields (True = ticked) and sends it, as a browser without scripts does."""
        form = sight.form(next(iter(values), None))
        _fill(form, values)
        body = [*form.form_values(), *_pressed(form, button)]
        action = urljoin(sight.url, form.action or sight.url)
        return _seen(self._client.post(action, data=_as_lists(body), headers={"Referer": sight.url}))

    def linger(self, sight: Sight) -> bool:
        """Has the page before their eyes for as long as its own script asks, and scrolls: the script says so
        (static/seen.js)."""
        scripts = sight.tree.xpath("//script[@data-code or @data-magnet]")
        for script in scripts:
            code, magnet, page = (script.get(f"data-{name}") for name in ("code", "magnet", "page"))
            body = {"c": code, "page": page} if code else {"m": magnet}
            self._client.post("/seen", data={**body, "acted": "1"}, headers={"Referer": sight.url})
        return bool(scripts)


def _fill(form: FormElement, values: Mapping[str, str | bool]) -> None:
    for name, value in values.items():
        if isinstance(value, bool):
            _tick(form, name, value)
        else:
            form.fields[name] = value


def _tick(form: FormElement, name: str, ticked: bool) -> None:
    for box in form.xpath(".//input[@type='checkbox'][@name=$name]", name=name):
        box.checked = ticked


def _pressed(form: FormElement, button: str | None) -> list[tuple[str, str]]:
    """The name and value of the pressed button, where it has one: `button` is its value, none = the first."""
    buttons = form.xpath(".//button[@name][not(@type) or @type='submit']")
    chosen = next((one for one in buttons if button in (None, one.get("value"))), None)
    return [(chosen.get("name"), chosen.get("value", ""))] if chosen is not None else []


def _as_lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    body: dict[str, list[str]] = {}
    for name, value in pairs:
        body.setdefault(name, []).append(value)
    return body


def _seen(answer: httpx.Response) -> Sight:
    return Sight(str(answer.url), answer.status_code, answer.text, html.document_fromstring(answer.content or b"<p>"))

"""What is wrong with the mails of a site before any is sent: each is compiled, and filled in for the worst leads.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from authoring.models.emails import Email
from authoring.site import Locate, Site
from base.problems import Problem
from emails.compile import PARTS, CompiledEmail, CompileError, author_problems, compile_email, path_of
from emails.expressions import Place, names_in
from emails.layouts import Setting
from emails.render import RenderError, link_addresses, render
from emails.scope import declared_fields
from leads.facts import COLUMNS

CLIPPED_AT = 102 * 1024  # bytes of HTML that Gmail shows before it cuts
_SETTING = Setting("https://site.invalid")
_TOKEN = "0" * 22
_PLACEHOLDERS = ("example.com", "example.org", "example.net", "localhost", "127.0.0.1")
_WORST: dict[str, Any] = {
    "with no answer at all": None,
    "with answers of ten kilobytes": "Ada " * 2560,
    "who writes from right to left": "\u202eعدا\u2067",
    "whose answers are markup": "<script>\"'&{{ 7*7 }}{% if %}</script>",
}


def lint(site: Site, locate: Locate) -> list[Problem]:
    """Every problem of every text in every language, in the order of files and lines."""
    return sorted(
        problem
        for (sequence, name, locale), email in site.emails.items()
        if sequence in site.sequences
        for problem in _of_email(site, sequence, name, locale, email, locate)
    )


def _of_email(site: Site, sequence: str, name: str, locale: str, email: Email, locate: Locate) -> Iterator[Problem]:
    path = path_of(sequence, name, locale)
    places = {part: Place(path, *_start(locate, path, part)) for part in PARTS if part != "body"}
    written = author_problems(site, email, path, places)
    yield from written
    if any(problem.severity == "error" for problem in written):
        return
    try:
        compiled = compile_email(site, sequence, name, locale, _SETTING)
    except CompileError as error:
        yield from error.problems
        return
    yield from _when_filled_in(site, compiled, path)
    yield from _about_names(site, sequence, email, path)
    yield from _about_addresses(compiled, email, path)
    yield from _about_images(email, path)


def _start(locate: Locate, path: str, part: str) -> tuple[int, int]:
    line, column = locate(path, (part,))
    return line, column + 1  # behind the quotation mark


def _when_filled_in(site: Site, compiled: CompiledEmail, path: str) -> Iterator[Problem]:
    for who, answer in _WORST.items():
        try:
            filled = render(compiled, _worst(site, answer), link_addresses(compiled, _SETTING.base_url, _TOKEN, True))
        except RenderError as error:
            hint = "compare only what is there: `{% if … %}` first"
            yield Problem(path, 0, 0, "error", f"for a lead {who}, {error}", hint)
            return
        size = len(filled.html.encode("utf-8"))
        if answer is None and size > CLIPPED_AT:
            yield Problem(path, 0, 0, "warning", f"{size // 1024} kB of HTML: Gmail cuts after 102", "shorten the mail")


def _worst(site: Site, answer: Any) -> Mapping[str, Any]:
    """`None` for a name stands for everything that may be missing."""
    urls = (
        {} if answer is None else {"magnet_url": "https://site.invalid/m/x", "confirm_url": "https://site.invalid/c/x"}
    )
    return {
        "lead": {
            **dict.fromkeys(COLUMNS, answer),
            "email": "ada@site.invalid",
            "fields": dict.fromkeys(declared_fields(site), answer),
            "tags": [] if answer is None else [answer] * 20,
        },
        "magnet_url": None,
        "confirm_url": None,
        "preferences_url": "https://site.invalid/preferences/x",
        "unsubscribe_url": "https://site.invalid/u/x",
        **urls,
    }


def _about_names(site: Site, sequence: str, email: Email, path: str) -> Iterator[Problem]:
    """Addresses that this sequence never makes."""
    used = {name for part in PARTS for name in names_in(getattr(email, part))}
    rules = site.sequences[sequence]
    forms = [site.forms[name] for trigger in rules.trigger if (name := trigger.form) is not None and name in site.forms]
    magnets = [trigger.magnet for trigger in rules.trigger] + [form.magnet for form in forms]
    if "magnet_url" in used and not any(magnets):
        line = _line_of(email, "magnet_url")
        yield Problem(path, line, 1, "error", "nothing that starts this sequence has a magnet", "`magnet_url` is empty")
    if "unsubscribe_url" in used and rules.class_ != "marketing":
        line = _line_of(email, "unsubscribe_url")
        yield Problem(path, line, 1, "error", "a transactional mail has no `unsubscribe_url`", "use `preferences_url`")


def _about_addresses(compiled: CompiledEmail, email: Email, path: str) -> Iterator[Problem]:
    for address in dict.fromkeys(compiled.links):
        parts = urlsplit(address)
        line = _line_of(email, address)
        if parts.scheme == "http":
            yield Problem(path, line, 1, "warning", f"`{address}` is not encrypted", "write https://")
        if any(parts.hostname == host or (parts.hostname or "").endswith(f".{host}") for host in _PLACEHOLDERS):
            yield Problem(path, line, 1, "warning", f"`{address}` looks like a placeholder", "write the real address")


def _about_images(email: Email, path: str) -> Iterator[Problem]:
    for token in MarkdownIt("commonmark", {"html": False}).parse(email.body):
        for child in token.children or ():
            if child.type == "image" and not child.content.strip():
                line = email.body_line + (token.map[0] if token.map else 0)
                hint = "half of the readers see only that: write a sentence between the brackets"
                yield Problem(path, line, 1, "warning", "this image says nothing when it is not shown", hint)


def _line_of(email: Email, text: str) -> int:
    before, found, _after = email.body.partition(text)
    return email.body_line + before.count("\n") if found else 0

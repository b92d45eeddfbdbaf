"""What is wrong with the mails of a site before any is sent: each is compiled, and filled in for the worst leads.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from authoring.models.emails import Email
from authoring.placeholders import is_placeholder
from authoring.site import Locate, Site
from base.problems import Problem
from base.saying import Said, said
from emails import cleaning
from emails.compile import PARTS, CompiledEmail, CompileError, author_problems, compile_email, email_hash, path_of
from emails.confirming import odd_without_link, unconfirmed
from emails.expressions import KEPT, names_in
from emails.images import HEAVY
from emails.layouts import Setting, mail_layout
from emails.readings import Place
from emails.render import Rendered, RenderError, link_addresses, render
from emails.scope import declared_fields
from emails.shelf import Shelf
from emails.unproven import typed_words
from emails.utm import untagged
from leads.facts import COLUMNS

CLIPPED_AT = 102 * 1024  # bytes of HTML that Gmail shows before it cuts
_SETTING = Setting("https://site.invalid")
_COMPILED = Shelf()  # whoever plans, applies or watches a folder looks at the same texts again and again
_TOKEN = "0" * 22
_WAY_OUT = "https://site.invalid/u/x"
# {name: (who it is, what they answer to every question)}
WORST: dict[str, tuple[Said, Any]] = {
    "empty": (said("with no answer at all"), None),
    "long": (said("with answers of ten kilobytes"), "Ada " * 2560),
    "rtl": (said("who writes from right to left"), "\u202eعدا\u2067"),
    "markup": (said("whose answers are markup"), "<script>\"'&{{ 7*7 }}{% if %}</script>"),
}


def lint(site: Site, locate: Locate) -> list[Problem]:
    """Every problem of every text in every language, and of forms that no mail lets confirm, in the order of files."""
    forms = [
        Problem(file, *locate(file, path), "warning", message, hint)
        for name, path, message, hint in unconfirmed(site)
        for file in (f"forms/{name}.toml",)
    ]
    return sorted([*forms, *_of_texts(site, locate)])


def _of_texts(site: Site, locate: Locate) -> Iterator[Problem]:
    return (
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
        compiled = _compiled(site, sequence, name, locale)
    except CompileError as error:
        yield from error.problems
        return
    yield from _when_filled_in(site, sequence, compiled, path, email.body_line)
    yield from _about_names(site, sequence, email, path)
    yield from _about_its_link(email, path)
    yield from _about_typed_words(site, sequence, email, path, places)
    yield from _about_addresses(compiled, email, path)
    yield from _about_images(email, path)
    yield from _about_weight(compiled, email, path)


def _compiled(site: Site, sequence: str, name: str, locale: str) -> CompiledEmail:
    text = email_hash(site, sequence, name, locale, _SETTING, mail_layout())
    return _COMPILED.get(text, lambda: compile_email(site, sequence, name, locale, _SETTING))


def _start(locate: Locate, path: str, part: str) -> tuple[int, int]:
    line, column = locate(path, (part,))
    return line, column + 1  # behind the quotation mark


def _when_filled_in(site: Site, sequence: str, compiled: CompiledEmail, path: str, line: int) -> Iterator[Problem]:
    for who, answer in WORST.values():
        try:
            filled = render(compiled, _worst(site, answer), link_addresses(compiled, _SETTING.base_url, _TOKEN, True))
        except RenderError as error:
            message = said("for a lead %(who)s, the text cannot be filled in: %(why)s", who=who, why=error.why)
            yield Problem(path, line, 1, "error", message, said("compare only what is there: `{% if … %}` first"))
            return
        if site.sequences[sequence].class_ == "marketing" and not has_way_out(filled):
            hint = said("print `{{ unsubscribe_url }}` in the layout, as HTML and as text")
            yield Problem(path, line, 1, "error", said("this marketing mail has no link to unsubscribe"), hint)
            return
        size = len(filled.html.encode("utf-8"))
        if size > CLIPPED_AT:
            yield Problem(path, line, 1, "warning", *_too_large(who, answer, size // 1024))
            return


def _too_large(who: Said, answer: Any, size: int) -> tuple[Said, Said]:
    if answer is None:
        return said("%(size)s kB of HTML: Gmail cuts after 102", size=size), said("shorten the mail")
    message = said("for a lead %(who)s, %(size)s kB of HTML: Gmail cuts after 102", who=who, size=size)
    return message, said("write `%(name)s` where a lead's own words stand", name="|truncate(200)")


def has_way_out(filled: Rendered) -> bool:
    """Whether the link to unsubscribe stands in both forms of a mail that was filled in here."""
    return _WAY_OUT in filled.html and _WAY_OUT in filled.text


def _worst(site: Site, answer: Any) -> Mapping[str, Any]:
    """`None` for a name stands for everything that may be missing; answers are cut to what a mail shows of them."""
    answer = cleaning.answer(answer)
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
        "unsubscribe_url": _WAY_OUT,
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
        message = said("nothing that starts this sequence has a magnet")
        yield Problem(path, line, 1, "error", message, said("`magnet_url` is empty"))
    if "unsubscribe_url" in used and rules.class_ != "marketing":
        line = _line_of(email, "unsubscribe_url")
        message = said("a transactional mail has no `unsubscribe_url`")
        yield Problem(path, line, 1, "error", message, said("use `preferences_url`"))


def _about_its_link(email: Email, path: str) -> Iterator[Problem]:
    for line, message, hint in odd_without_link(email):
        yield Problem(path, email.body_line + line - 1, 1, "error", message, hint)


def _about_typed_words(
    site: Site, sequence: str, email: Email, path: str, places: Mapping[str, Place]
) -> Iterator[Problem]:
    for part, name, message, hint in typed_words(site, sequence, email):
        line, column = (places[part].line, places[part].column) if part in places else (_line_of(email, name), 1)
        yield Problem(path, line, column, "warning", message, hint)


def _about_addresses(compiled: CompiledEmail, email: Email, path: str) -> Iterator[Problem]:
    for address in dict.fromkeys(untagged(link) for link in compiled.links):
        parts = urlsplit(address)
        line = _line_of(email, address)
        if parts.scheme == "http":
            message = said("`%(address)s` is not encrypted", address=address)
            yield Problem(path, line, 1, "warning", message, said("write https://"))
        if is_placeholder(address):
            message = said("`%(address)s` looks like a placeholder", address=address)
            yield Problem(path, line, 1, "warning", message, said("write the real address"))


def _about_images(email: Email, path: str) -> Iterator[Problem]:
    for line in _silent_images(email.body):
        message = said("this image says nothing when it is not shown")
        hint = said("half of the readers see only that: write a sentence between the brackets")
        yield Problem(path, email.body_line + line, 1, "warning", message, hint)


@lru_cache(KEPT)
def _silent_images(body: str) -> tuple[int, ...]:
    """The lines, from 0, of images without a word."""
    return tuple(
        token.map[0] if token.map else 0
        for token in MarkdownIt("commonmark", {"html": False}).parse(body)
        for child in token.children or ()
        if child.type == "image" and not child.content.strip()
    )


def _about_weight(compiled: CompiledEmail, email: Email, path: str) -> Iterator[Problem]:
    total = sum(len(image.content) for image in compiled.images)
    if total > HEAVY:
        line = _line_of(email, compiled.constants["images"][0]["path"])
        message = said("%(size)s kB of images travel in this mail", size=total // 1000)
        hint = said("every reader gets all of them: stay below %(most)s kB, or write addresses with https://",
                    most=HEAVY // 1000)  # fmt: skip
        yield Problem(path, line, 1, "warning", message, hint)


def _line_of(email: Email, text: str) -> int:
    before, found, _after = email.body.partition(text)
    return email.body_line + before.count("\n") if found else 0

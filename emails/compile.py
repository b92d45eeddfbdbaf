"""From an author's text to a mail that only waits for its lead: once per text, layout and language.

Markdown -> HTML -> typography -> masks -> inlined styles -> masks off; each link with one slot, filled per message with
the tracked or the authored address. Pure: no database, no clock, no network.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from lxml import html as lxml_html
from markupsafe import Markup

from authoring.models.emails import Email
from authoring.site import Site
from base.problems import Problem
from base.saying import Said, said
from base.tokens import digest
from emails import markdown, plaintext
from emails.constants import Constants, constants_of
from emails.environment import text_environment
from emails.expressions import problems_in
from emails.fault import places_of
from emails.images import Images, Inline, inlines, named_in
from emails.inlining import UnfitMarkup, inline
from emails.layouts import Layout, Setting, for_mail, frame_html, frame_text, mail_layout, notification_layout, words
from emails.links import Links, UnfitAddress
from emails.masking import MaskedAlready, Masks, lost, words_in
from emails.readings import Place
from emails.scope import scope_of
from emails.utm import utm_of

VERSION = 1  # raised when the same text would compile to something else
PARTS = ("subject", "preheader", "why", "body")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class CompiledEmail:
    """Three templates, the link table and the images they were made with; `constants` is what its release said."""

    hash: str
    subject: str
    html: str
    text: str
    links: tuple[str, ...]
    constants: Mapping[str, Any]
    images: tuple[Inline, ...] = ()


class CompileError(Exception):
    """The text cannot become a mail; `problems` say where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.sentence() for problem in problems))


def path_of(sequence: str, email: str, locale: str) -> str:
    """Where an author finds that text."""
    return f"emails/{sequence}/{email}.{locale}.md"


def email_hash(site: Site, sequence: str, email: str, locale: str, setting: Setting, layout: Layout) -> str:
    """Identifies what `compile_email` would give, without compiling."""
    text = site.emails[sequence, email, locale]
    constants = constants_of(site, sequence, email, locale, setting)
    brand = site.definitions.brand.model_dump()
    more = [part for part in (named_in(site, text.body), utm_of(site, sequence, setting.base_url)) if part]
    return _hash(text.model_dump(exclude={"body_line"}), brand, layout, constants.as_json(), words(locale), *more)


def compile_email(
    site: Site, sequence: str, email: str, locale: str, setting: Setting, layout: Layout | None = None
) -> CompiledEmail:
    """The mail of one step in one language. Raises CompileError with every problem of the text."""
    frame = layout or mail_layout()
    text = site.emails[sequence, email, locale]
    place = path_of(sequence, email, locale)
    if found := [problem for problem in author_problems(site, text, place) if problem.severity == "error"]:
        raise CompileError(found)
    constants = constants_of(site, sequence, email, locale, setting)
    compiler = _Compiler(site, text, place, constants, frame, utm_of(site, sequence, setting.base_url))
    subject, html, plain = compiler.subject(), compiler.html(), compiler.text()
    name = email_hash(site, sequence, email, locale, setting, frame)
    links, listed = tuple(compiler.links.addresses), compiler.images.listed()
    told = {**constants.as_json(), "file": path_of(sequence, email, locale)}
    told["places"] = places_of(text.body, text.body_line)
    if listed:
        told["images"] = listed
    return CompiledEmail(name, subject, html, plain, links, told, carried(told, compiler.images.content()))


def carried(constants: Mapping[str, Any], content: Mapping[str, bytes]) -> tuple[Inline, ...]:
    """The images that a text with these constants carries; `content`: hash -> bytes."""
    domain = str(constants["author"][1]).rpartition("@")[2]
    return inlines(constants.get("images", ()), domain, content)


def compile_notification(site: Site, name: str, locale: str, setting: Setting) -> CompiledEmail:
    """The frame of a mail to staff, `alert` or `notify`: everything it says comes with the message."""
    frame = notification_layout(name)
    constants = constants_of(site, None, name, locale, setting).as_json()
    brand = site.definitions.brand
    masks = Masks()
    masked = frame_html(masks.hide_html(frame.html), brand, locale, {})
    html = _inlined(masked, masks, f"templates/notifications/{name}.html")
    text = frame_text(frame.text, locale, {})
    return CompiledEmail(
        _hash(name, brand.model_dump(), frame, constants, words(locale)), "{{ subject }}", html, text, (), constants
    )


def author_problems(site: Site, email: Email, file: str, places: Mapping[str, Place] | None = None) -> list[Problem]:
    """What the author's four texts do beyond the allow-list; warnings too. `places`: where those of the head begin."""
    scope = scope_of(site)
    known = {**(places or {}), "body": Place(file, email.body_line)}
    return [
        problem for part in PARTS for problem in problems_in(getattr(email, part), scope, known.get(part, Place(file)))
    ]


def _hash(*parts: Any) -> str:
    listed = [{"html": part.html, "text": part.text} if isinstance(part, Layout) else part for part in parts]
    return digest(json.dumps([VERSION, *listed], sort_keys=True, ensure_ascii=False))


class _Compiler:
    """One text on its way; the masks are shared, so that every part may stand in every other."""

    def __init__(
        self, site: Site, email: Email, place: str, constants: Constants, frame: Layout, utm: Mapping[str, str]
    ) -> None:
        self._site, self._email, self._place, self._constants, self._frame = site, email, place, constants, frame
        self._masks = Masks()
        self._locale = constants.locale
        self.links = Links(self._masks, constants.values(), utm)
        self.images = Images(site.images, constants.author[1].rpartition("@")[2])
        self._line = {part: self._masked(part) for part in ("subject", "preheader", "why")}
        self._tokens = self._read()

    def subject(self) -> str:
        return self._masks.show(self._line["subject"])

    def html(self) -> str:
        body = self._typeset(self._masks.harden(markdown.html_of(self._tokens, self._masks)))
        masked = frame_html(self._masks.hide_html(self._frame.html), self._site.definitions.brand, self._locale,
                            {**self._parts(), "body": Markup(body)})  # fmt: skip
        return _inlined(masked, self._masks, self._place)

    def text(self) -> str:
        writing = plaintext.Writing(words(self._locale)["colon"], self._shield)
        body = self._typeset(self._masks.harden(plaintext.text_of(self._tokens, writing)))
        text = frame_text(self._masks.hide(self._frame.text), self._locale, {**self._parts(), "body": body})
        shown = self._masks.show(_BLANK_LINES.sub("\n\n", text))
        text_environment(self._locale).from_string(shown)
        return shown

    def _masked(self, part: str) -> str:
        try:
            hidden = self._masks.hide(" ".join(getattr(self._email, part).split()))
        except MaskedAlready as error:
            raise self._problem(1, error.sentence) from error
        return self._typeset(self._masks.harden(hidden))

    def _read(self) -> list[Any]:
        try:
            return markdown.read(self._masks.hide(self._email.body), self._masks, self.links.bind, self.images.bind)
        except UnfitAddress as error:
            raise self._problem(self._email.body_line + error.line - 1, error.sentence, error.hint) from error
        except markdown.Misplaced as error:
            raise self._problem(self._email.body_line + error.line - 1, error.sentence) from error
        except MaskedAlready as error:
            raise self._problem(self._email.body_line, error.sentence) from error

    def _parts(self) -> dict[str, Any]:
        return {**self._line, **self._constants.told(), "marketing": self._constants.klass == "marketing"}

    def _shield(self, address: str) -> str:
        return address if words_in(address) else self._masks.add(address)

    def _typeset(self, text: str) -> str:
        return for_mail(text, self._locale)

    def _problem(self, line: int, message: Said, hint: Said | None = None) -> CompileError:
        return CompileError([Problem(self._place, line, 1, "error", message, hint)])


def _inlined(masked: str, masks: Masks, place: str) -> str:
    """The masked document with its styles inlined and its expressions back. Raises CompileError."""
    try:
        inlined = inline(masked)
        if astray := lost(masked, inlined):
            raise UnfitMarkup(said("the inliner lost %(words)s", words=", ".join(masks.show(word) for word in astray)))
        _refuse_crossing(inlined, masks)
        html = masks.show(inlined)
        _refuse_additions(html, inlined, masks)
    except UnfitMarkup as error:
        raise CompileError([Problem(place, 1, 1, "error", error.sentence)]) from error
    return html


def _refuse_crossing(masked: str, masks: Masks) -> None:
    """An `if` that opens in one element and ends in another would leave half an element behind."""
    opened: list[tuple[str, Any]] = []
    for comment in lxml_html.document_fromstring(masked).iter(etree.Comment):
        if not masks.is_block(str(comment.text)):
            continue
        statement = masks.show(str(comment.text)).strip("{%} ").split()[0]
        if statement in ("if", "for"):
            opened.append((statement, comment.getparent()))
        elif opened[-1][1] is not comment.getparent():
            sentence = said(
                "an `%(word)s` begins inside one element and ends in another: put it around both", word=opened[-1][0]
            )
            raise UnfitMarkup(sentence)
        elif statement.startswith("end"):
            opened.pop()


def _refuse_additions(html: str, masked: str, masks: Masks) -> None:
    """Every expression of the result is one that was masked: nothing was written by an entity or a backslash."""
    again = Masks()
    again.hide(html)
    wanted = Counter(masks.show(word) for word in words_in(masked))
    if Counter(again.tokens) != wanted:
        raise UnfitMarkup(said("an expression appeared that nobody checked"))

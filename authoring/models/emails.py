"""The front matter of `emails/SEQ/STEP.LOCALE.md`; the body below it is Markdown.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from authoring.models.common import Interests, Line, Model, Name, Text


class EmailFrontMatter(Model):
    """`why` is the sentence of the footer: why the reader gets this mail."""

    subject: Line
    preheader: Line
    why: Text
    interests: Interests = []  # what a click in this mail shows interest in
    freeze: bool = False  # those inside keep the text that there was before this one
    link_optional: bool = False  # leaves without `confirm_url` where its reader was just asked to confirm
    commercial: bool = False  # it sells: not for leads who are cold
    phase: Name | None = None  # of the reader's decision: lets a step `pick` this text


class Email(EmailFrontMatter):
    """One text in one language; `body` is Markdown with the allowed Jinja expressions, `body_line` its first line."""

    body: str
    body_line: int

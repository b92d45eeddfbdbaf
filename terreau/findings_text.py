"""What the doctor found, in columns, in the language of whoever asks; a program reads `Finding.as_json`."""

from collections.abc import Iterator, Mapping, Sequence

import click

from base.translations import Translator, msgid
from terreau.findings import Finding, State

MARKS: Mapping[State, tuple[str, str]] = {
    "well": (msgid("well"), "green"),
    "doubt": (msgid("look"), "yellow"),
    "wrong": (msgid("WRONG"), "red"),
}
# What is no name that the whole world knows: python, dkim, spf, …
SUBJECTS: Mapping[str, str] = {
    "python": msgid("python"),
    "packages": msgid("packages"),
    "address": msgid("address"),
    "content": msgid("content"),
    "data": msgid("data"),
    "disk": msgid("disk"),
    "database": msgid("database"),
    "release": msgid("release"),
    "returns": msgid("returns"),
    "mail": msgid("mail"),
    "clock": msgid("clock"),
    "alignment": msgid("alignment"),
}


def lines(findings: Sequence[Finding], speech: Translator) -> Iterator[str]:
    """A line for each, and one below it with what to do."""
    marks = {state: speech.gettext(name) for state, (name, _) in MARKS.items()}
    subjects = [_subject(one, speech) for one in findings]
    mark_width, width = max(map(len, marks.values())), max(map(len, subjects), default=0)
    for finding, subject in zip(findings, subjects, strict=True):
        sentence, hint = finding.told(speech)
        mark = click.style(marks[finding.state].ljust(mark_width), fg=MARKS[finding.state][1])
        yield f"{mark} {subject:<{width}} {sentence}"
        if hint:
            yield f"{'':{mark_width + width + 2}}{hint}"


def _subject(finding: Finding, speech: Translator) -> str:
    return speech.gettext(SUBJECTS[finding.subject]) if finding.subject in SUBJECTS else finding.subject

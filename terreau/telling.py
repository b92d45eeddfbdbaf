"""Problems as lines on the error output, or as a JSON list for a program, in the language of whoever reads them."""

import json
from collections.abc import Callable, Iterable, Mapping

import click

from base.problems import Problem, Severity
from base.saying import Said
from base.translations import Translator, msgid
from terreau.language import words

_SEVERITIES: Mapping[Severity, str] = {"error": msgid("Error: %(sentence)s"), "warning": msgid("Warning: %(sentence)s")}


def tell(problems: Iterable[Problem]) -> None:
    speech = words()
    for problem in problems:
        line = speech.gettext(_SEVERITIES[problem.severity], sentence=problem.sentence(speech))
        click.echo(line, err=True)


def teller() -> Callable[[str], None]:
    """Prints sentences in the language of the command that is running now, whichever thread says them later."""
    speech = words()
    return lambda sentence: click.echo(sentence.by(speech) if isinstance(sentence, Said) else sentence)


def tell_json(problems: Iterable[Problem]) -> None:
    speech = words()
    click.echo(json.dumps([problem.as_json(speech) for problem in problems], ensure_ascii=False, indent=2))


def told_of(folder: object, errors: int, warnings: int, speech: Translator) -> str:
    """How many were found: `content: 1 error, no warnings.`"""
    return speech.gettext(
        "%(folder)s: %(errors)s, %(warnings)s.",
        folder=folder,
        errors=speech.ngettext("%(count)s error", "%(count)s errors", errors)
        if errors
        else speech.gettext("no errors"),
        warnings=speech.ngettext("%(count)s warning", "%(count)s warnings", warnings)
        if warnings
        else speech.gettext("no warnings"),
    )

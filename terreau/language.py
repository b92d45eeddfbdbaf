"""Which language whoever types commands reads: `--lang`, else what the environment says, else English."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import click

from base.saying import Said
from base.translations import Translator, translator

LANGUAGES = ("fr", "en")
_KEPT = "terreau.language"  # in what click shares between a group and its commands
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that says anything counts, as everywhere (POSIX, 8.2)


def language_of(environ: Mapping[str, str]) -> str:
    """`fr` for `fr_FR.UTF-8`; `en` where nothing is said, or a language that the house does not speak."""
    said = next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    language = re.split(r"[^a-z]", said.lower())[0]
    return language if language in LANGUAGES else "en"


def words() -> Translator:
    """The words of the command that is running."""
    return translator(chosen() or language_of(os.environ))


def chosen() -> str | None:
    """What `--lang` said; None where nobody said anything."""
    context = click.get_current_context(silent=True)
    return context.meta.get(_KEPT) if context is not None else None


def gettext(message: str, **values: Any) -> str:
    """`message` in the language of the command that is running, with `%(name)s` filled from `values`."""
    return words().gettext(message, **values)


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """The form that goes with `count`, in that language."""
    return words().ngettext(one, many, count, **values)


def spoken(sentence: str) -> str:
    """What can be said in every language in that of the command that is running; anything else as it stands."""
    return sentence.by(words()) if isinstance(sentence, Said) else sentence


def remember(context: click.Context, language: str) -> None:
    """Let a command and those below it speak that language."""
    context.meta[_KEPT] = language


def every_command(group: click.Group) -> Iterator[click.Command]:
    """All of them, those of groups within it too."""
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command)


def let_choose(group: click.Group) -> None:
    """Every command of `group` takes --lang, before its name or behind it."""
    for command in every_command(group):
        if all("--lang" not in parameter.opts for parameter in command.params):
            LANG(command)


def _keep(context: click.Context, _: click.Parameter, chosen: str | None) -> None:
    if chosen is not None:
        remember(context, chosen)


LANG = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    expose_value=False,
    callback=_keep,
    help="The language of the sentences; by default that of the environment (LC_ALL, LC_MESSAGES, LANG).",
)

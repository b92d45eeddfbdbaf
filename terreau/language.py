"""Which language whoever types commands reads: `--lang`, else what the environment says, else English."""

import os
import re
from collections.abc import Mapping

import click

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
    context = click.get_current_context(silent=True)
    kept = context.meta.get(_KEPT) if context is not None else None
    return translator(kept or language_of(os.environ))


def remember(context: click.Context, language: str) -> None:
    """Let a command and those below it speak that language."""
    context.meta[_KEPT] = language


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

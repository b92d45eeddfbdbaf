"""`--help` in the language of whoever asks: what commands and options say of themselves, as the catalogue has it.

A help text is said paragraph by paragraph; examples are commands, and stay as they are.
"""

import copy
from collections.abc import Iterator
from functools import partial
from inspect import cleandoc

import click

from base.translations import Translator, msgid
from terreau.language import every_command, words

AS_IT_STANDS = "\b\n"  # click wraps no paragraph that begins so
EXAMPLES = (("Examples: ", "Exemples :"), ("Example: ", "Exemple :"))  # of one width: what stands below is aligned
OF_CLICK = (
    ("Usage: ", msgid("Usage: ")),
    ("\nOptions:\n", msgid("\nOptions:\n")),
    ("\nCommands:\n", msgid("\nCommands:\n")),
    ("Show this message and exit.", msgid("Show this message and exit.")),
    ("[required]", msgid("[required]")),
    ("[default: ", msgid("[default: ")),
    ("Show the version and exit.", msgid("Show the version and exit.")),
)


def let_read(group: click.Group) -> None:
    """The help of `group` and of every command in it speaks the language of whoever asks."""
    for command in (group, *every_command(group)):
        vars(command)["get_help"] = partial(_help, command)


def texts_of(command: click.Command) -> Iterator[str]:
    """Everything that the catalogue has of its help: paragraphs, the short one, what its options say."""
    yield from (_plain(one) for one in _paragraphs(command.help or "") if not _is_example(one))
    yield from (text for text in (command.short_help, *(_option_help(one) for one in command.params)) if text)


def _help(command: click.Command, context: click.Context) -> str:
    speech = words()
    if speech.locale == "en":
        return type(command).get_help(command, context)
    said = type(command).get_help(_told(command, speech), context)
    for theirs, ours in OF_CLICK:
        said = said.replace(theirs, speech.gettext(ours))
    return said


def _told(command: click.Command, speech: Translator) -> click.Command:
    """The same command with its help in that language; `help` of a group tells of those in it."""
    told = copy.copy(command)
    told.help = "\n\n".join(_in_words(one, speech) for one in _paragraphs(command.help or ""))
    told.short_help = speech.gettext(command.short_help) if command.short_help else None
    told.params = [_option_told(one, speech) for one in command.params]
    if isinstance(told, click.Group) and isinstance(command, click.Group):
        told.commands = {name: _told(one, speech) for name, one in command.commands.items()}
    return told


def _option_told(option: click.Parameter, speech: Translator) -> click.Parameter:
    told = copy.copy(option)
    if isinstance(told, click.Option) and told.help:
        told.help = speech.gettext(told.help)
    return told


def _option_help(option: click.Parameter) -> str | None:
    return option.help if isinstance(option, click.Option) else None


def _paragraphs(text: str) -> list[str]:
    return cleandoc(text).split("\n\n") if text else []


def _is_example(paragraph: str) -> bool:
    return paragraph.removeprefix(AS_IT_STANDS).startswith(tuple(english for english, _ in EXAMPLES))


def _plain(paragraph: str) -> str:
    """As the catalogue has it: on one line, unless its lines are to stay."""
    if paragraph.startswith(AS_IT_STANDS):
        return paragraph.removeprefix(AS_IT_STANDS)
    return " ".join(paragraph.split())


def _in_words(paragraph: str, speech: Translator) -> str:
    if _is_example(paragraph):
        for english, french in EXAMPLES:
            paragraph = paragraph.replace(english, french, 1)
        return paragraph
    stays = AS_IT_STANDS if paragraph.startswith(AS_IT_STANDS) else ""
    return stays + speech.gettext(_plain(paragraph))

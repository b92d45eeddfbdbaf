"""What a command could not understand or do, in the language of whoever typed it; click itself speaks English only.

A sentence that is not known here stays as click says it.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import IO, Any

import click
from click.exceptions import NoArgsIsHelpError

from base.saying import Said
from base.translations import Translator, msgid, translator
from terreau.language import LANGUAGES, remember, words

# What click says, and the same with names; what a group of a pattern caught is said in the language too.
_SAYINGS = (
    (r"(?P<what>.+?\.) \(?Did you mean (?P<name>.+?)\?\)?", msgid("%(what)s Did you mean %(name)s?")),
    (r"No such option '(?P<name>.+)'\.", msgid("There is no option `%(name)s`.")),
    (r"No such command '(?P<name>.+)'\.", msgid("There is no command `%(name)s`.")),
    (r"Missing command\.", msgid("A command is missing.")),
    (r"Missing option '(?P<name>.+?)'\.(?P<what>.*)", msgid("The option `%(name)s` is missing.%(what)s")),
    (r"Missing argument '(?P<name>.+?)'\.(?P<what>.*)", msgid("The argument `%(name)s` is missing.%(what)s")),
    (r" Choose from:(?P<known>.+)", msgid(" Choose from:%(known)s")),
    (r"Got unexpected extra arguments? \((?P<name>.+)\)", msgid("There is a word too many: %(name)s")),
    (r"Option '(?P<name>.+)' requires an argument\.", msgid("The option `%(name)s` needs a value.")),
    (r"Option '(?P<name>.+)' does not take a value\.", msgid("The option `%(name)s` takes no value.")),
    (r"Invalid value for (?P<name>.+?): (?P<what>.+)", msgid("%(name)s: %(what)s")),
    (r"(?P<name>'.*') is not one of (?P<known>.+)\.", msgid("%(name)s is not one of %(known)s.")),
    (r"(?P<name>'.*') is not a valid integer( range)?\.", msgid("%(name)s is not a whole number.")),
    (r"(?P<name>.+) is not in the range (?P<known>.+)\.", msgid("%(name)s is not in the range %(known)s.")),
    (r"\w+ (?P<name>'.*') does not exist\.", msgid("%(name)s does not exist.")),
)


class Mishap(click.ClickException):
    """Told under the usage of the command, when it was not understood. Exit code 1."""

    def __init__(self, sentence: str, speech: Translator, above: str = "") -> None:
        super().__init__(sentence)
        self._speech, self._above = speech, above

    def show(self, file: IO[Any] | None = None) -> None:
        told = self._speech.gettext("Error: %(sentence)s", sentence=self.message)
        click.echo(f"{self._above}{told}", file=file, err=file is None)


class Misunderstood(Mishap):
    """What was typed is no command of ours."""

    exit_code = 2


class Sentences(click.Group):
    """A group whose commands are misunderstood in the language of whoever typed them."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        asked = _language_in(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except NoArgsIsHelpError:  # nothing was asked: click shows what there is
            raise
        except click.ClickException as error:
            raise spoken(error, translator(asked) if asked else words()) from error
        if asked:
            remember(context, asked)
        return context

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Mishap, NoArgsIsHelpError):
            raise
        except click.ClickException as error:
            raise spoken(error, words()) from error


def mishap(sentence: str) -> Mishap:
    """What went wrong without a mistake in the code, in the language of the command that is running."""
    speech = words()
    return Mishap(sentence.by(speech) if isinstance(sentence, Said) else sentence, speech)


def sentence_of(error: Exception) -> str:
    """What an error of ours says; one that can be said in every language stands in it first."""
    first = next(iter(error.args), None)
    return first if isinstance(first, Said) else str(error)


def spoken(error: click.ClickException, speech: Translator) -> Mishap:
    """The same in the language of `speech`; English is click's own."""
    sentence = error.format_message()
    if speech.locale != "en":
        sentence = _said(sentence, speech)
    if not isinstance(error, click.UsageError):
        return Mishap(sentence, speech)
    return Misunderstood(sentence, speech, _usage(error.ctx, speech) if error.ctx is not None else "")


def _said(sentence: str, speech: Translator) -> str:
    for pattern, ours in _SAYINGS:
        if found := re.fullmatch(pattern, sentence, re.DOTALL):
            caught = found.groupdict()
            if "what" in caught:
                caught["what"] = _said(caught["what"], speech)
            return speech.gettext(ours, **caught)
    return sentence


def _usage(context: click.Context, speech: Translator) -> str:
    usage = context.get_usage().removeprefix("Usage: ")
    help_option = max(context.command.get_help_option_names(context), key=len, default=None)
    above = [speech.gettext("Usage: %(usage)s", usage=usage)]
    if help_option is not None:
        command = f"{context.command_path} {help_option}"
        above.append(speech.gettext("Try '%(command)s' for help.", command=command))
    return "\n".join([*above, "\n"])


def _language_in(args: Sequence[str]) -> str | None:
    """What `--lang` says, wherever it stands: what is not understood has to be told before it is read."""
    asked = [word for name, word in pairwise(args) if name == "--lang"]
    asked += [word.removeprefix("--lang=") for word in args if word.startswith("--lang=")]
    return next((word for word in asked if word in LANGUAGES), None)

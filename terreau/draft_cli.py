"""The commands `terreau preview` and `terreau send-test`: a mail looked at, or sent to oneself, before leads get it."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from base.clock import system_clocks
from base.saying import Said
from base.translations import msgid
from emails.dkim import KeyUnusable
from emails.drafts import Unwritable
from emails.lint import WORST
from terreau.drafting import Choice, NotSent, UnknownText, as_text, see, send_test
from terreau.house import transport_of
from terreau.language import gettext, words
from terreau.options import Options
from terreau.outputs import OVERWRITE, insist_on_new, write
from terreau.spam import spam_sentence

EXPECTED = (UnknownText, Unwritable, NotSent, KeyUnusable)


def _whom(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both commands share: to whom a text is written, and in which language."""
    for option in (
        click.option("--locale", metavar="LANGUAGE", help="The language; by default the reader's own."),
        click.option("--worst", type=click.Choice(list(WORST)), help="A lead who gives mails trouble, of that kind."),
        click.option("--lead", metavar="WHO", help="A lead of the database: number, address or telephone."),
        click.option("--persona", metavar="NAME", help="A persona of the content; by default the first."),
    ):
        command = option(command)
    return command


@click.command(short_help="Show a mail as a reader would get it.")
@click.argument("email")
@_whom
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the HTML there.")
@OVERWRITE
@click.option("--open", "opened", is_flag=True, help="Show the HTML in the browser.")
@click.option("--spam", is_flag=True, help="Ask SpamAssassin, where it is installed, what it thinks of it.")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON.")
@click.pass_obj
def preview(
    options: Options,
    email: str,
    persona: str | None,
    lead: str | None,
    worst: str | None,
    locale: str | None,
    out: Path | None,
    overwrite: bool,
    opened: bool,
    spam: bool,
    as_json: bool,
) -> None:
    """Show EMAIL (SEQUENCE/EMAIL, or its file) as a persona, a lead or the worst of readers would get it now.

    Subject, preheader, size, headers and the text form are printed; --open and --out give the HTML. It is the content
    of the folder, put in force or not. Nothing is sent, and the addresses made for a lead open nothing.

    \b
    Examples:  terreau preview conseils-3d/niveaux
               terreau preview emails/conseils-3d/niveaux.en.md --lead ada@example.org --open
               terreau preview niveaux --worst empty --spam --out niveaux.html
    """
    choice = _choice(email, persona, lead, worst, locale)
    insist_on_new(out, overwrite)
    seen = see(options.load_with_content(), choice, system_clocks().moment())
    score = spam_sentence(seen.data) if spam else None
    if as_json:
        click.echo(json.dumps({**seen.as_json(), "spam": score}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join([as_text(seen), *(["", _spam(score)] if score else [])]))
    if out is not None:
        write(out, seen.page)
    if opened:
        file = out or Path(tempfile.mkdtemp(prefix="terreau-")) / "preview.html"
        write(file, seen.page)
        click.launch(str(file))


@click.command(name="send-test", short_help="Send a mail to yourself.")
@click.argument("email")
@click.option("--to", "recipient", required=True, metavar="ADDRESS", help="Who gets it.")
@_whom
@click.pass_obj
def send_test_command(
    options: Options,
    email: str,
    recipient: str,
    persona: str | None,
    lead: str | None,
    worst: str | None,
    locale: str | None,
) -> None:
    """Send EMAIL to ADDRESS through the mail server of the settings, its subject behind [test].

    It is written to a persona, a lead or the worst of readers, like `terreau preview`. No lead is told of it: no link
    is counted, and unsubscribing from it does nothing. Exit code 1 when the mail server does not take it.

    \b
    Example:  terreau send-test conseils-3d/niveaux --to ines@example.org --persona architecte-independante
    """
    config = options.load_with_content()
    choice = _choice(email, persona, lead, worst, locale)
    seen, answer = send_test(config, choice, recipient, transport_of(config), system_clocks().moment())
    told = msgid("%(file)s, written to %(reader)s, is on its way to %(recipient)s: %(answer)s")
    reader = seen.reader.by(words())
    click.echo(gettext(told, file=seen.file, reader=reader, recipient=recipient, answer=answer))
    click.echo(_spam(spam_sentence(seen.data)))


COMMANDS: tuple[click.Command, ...] = (preview, send_test_command)


def _choice(email: str, persona: str | None, lead: str | None, worst: str | None, locale: str | None) -> Choice:
    if len([one for one in (persona, lead, worst) if one is not None]) > 1:
        raise click.UsageError(gettext("--persona, --lead and --worst are three answers to one question: give one"))
    return Choice(email, persona, lead, worst, locale)


def _spam(score: Said) -> str:
    return gettext("Spam: %(score)s", score=score.by(words()))

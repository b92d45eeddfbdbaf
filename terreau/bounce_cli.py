"""The command `terreau bounce`: says what a mail that came back is, or, at the end of a pipe, lets it count."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from base.config import Config
from base.system_words import why_of
from emails.causes import REASONS
from emails.intake import Rules, take
from emails.received import LONGEST
from emails.refusals import Recipient
from emails.returns import Returned, read
from storage.database import open_database
from storage.migrate import check_schema
from terreau.language import gettext, spoken
from terreau.options import Options
from terreau.own_keys import keys_at
from terreau.virtual import clocks_of

TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the mail, and tries again
STDIN = "-"


@click.command(name="bounce", short_help="Say what a mail that came back is.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each: kind, recipients.")
@click.option("--take", "counts", is_flag=True, help="Let one mail from standard input count: for .forward and pipes.")
@click.pass_obj
def bounce_command(options: Options, files: tuple[Path, ...], as_json: bool, counts: bool) -> None:
    """Say what each mail in FILES is (a bounce, a complaint, an answer), whom it names, and why it came back.

    FILES are mails as they came in, folders of them, or - for standard input. Nothing is changed, and no database is
    needed.

    With --take the mail on standard input counts, if it proves to be about one of ours. Nothing is printed; whatever
    goes wrong ends with code 75, so that the mail server keeps the mail and tries again.

    \b
    Examples:  terreau bounce --json Maildir/new
               |"terreau --config /etc/terreau/config.toml bounce --take"     in ~/.forward
    """
    if counts:
        _take_from_pipe(options)
        return
    if not files:
        raise click.UsageError(gettext("name a file, a folder, or - for standard input"))
    listed = list(_listed(files))
    for path in listed:
        mail = read(_bytes(path))
        click.echo(json.dumps(_as_json(mail, path, len(listed))) if as_json else _told(mail, path))


def _listed(files: tuple[Path, ...]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.is_file())
        else:
            yield path


def _bytes(path: Path) -> bytes:
    if str(path) == STDIN:
        return sys.stdin.buffer.read(LONGEST)
    try:
        with path.open("rb") as file:
            return file.read(LONGEST)
    except OSError as error:
        sentence = gettext("%(file)s cannot be read: %(why)s", file=path, why=spoken(why_of(error)))
        raise click.ClickException(sentence) from error


def _as_json(mail: Returned, path: Path, several: int) -> dict[str, Any]:
    recipients = [{"address": one.address, "status": one.status, "reason": one.reason} for one in mail.recipients]
    named = {"file": str(path)} if several > 1 else {}
    return {**named, "kind": mail.kind, "recipients": recipients}


def _told(mail: Returned, path: Path) -> str:
    return "\n  ".join([f"{path}: {mail.kind}", *(_about(one) for one in mail.recipients)])


def _about(one: Recipient) -> str:
    who = " ".join(part for part in (one.address or gettext("nobody named"), one.status) if part)
    return f"{who}: {gettext(REASONS.get(one.reason, one.reason))}"


def _take_from_pipe(options: Options) -> None:
    """Whatever fails is to be tried again: a mail server that is told anything else returns the mail to nobody."""
    try:
        raw = sys.stdin.buffer.read(LONGEST)
        while sys.stdin.buffer.read(LONGEST):
            """The rest is taken off the pipe, so that whoever fills it does not break."""
        _take(options.load(), read(raw))
    except Exception as error:
        click.echo(f"terreau: {type(error).__name__}: {error}", err=True)
        raise SystemExit(TRY_LATER) from error


def _take(config: Config, mail: Returned) -> None:
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        rules = Rules(keys_at(config, database).suppression, config.mail.bounces)
        now = clocks_of(database).moment()
        database.write(lambda conn: take(conn, mail, rules, now))


COMMANDS = (bounce_command,)

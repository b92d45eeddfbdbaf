"""The commands `terreau backup` and `terreau restore`."""

import sys
from pathlib import Path

import click

from base.clock import system_clocks
from base.saying import said, said_n
from terreau.archive import NoBackup, NoRestore
from terreau.backups import backup as write_backup
from terreau.bar import bar
from terreau.language import gettext, words
from terreau.mishaps import sentence_of
from terreau.options import Options
from terreau.restoring import plan
from terreau.restoring import restore as bring_back

EXPECTED = (NoBackup, NoRestore)
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Write everything into one file.")
@click.argument("file", type=FILE)
@click.option("--with-secrets", is_flag=True, help="Put the secrets in too: whoever has FILE can then be the house.")
@click.pass_obj
def backup(options: Options, file: Path, with_secrets: bool) -> None:
    """Write the database and the files to give away into FILE, while the house runs, and see whether it is whole.

    Keep the folder `secrets` of [data] dir as well, elsewhere: a backup cannot be restored without it, unless it was
    made with --with-secrets. FILE holds people's data: only its owner may read it, and so should it stay. Where the
    secrets here are not those of the database it says so, and packs the data without any.

    \b
    Example:  terreau backup /backups/terreau-2026-11-02.zip
    """
    done = write_backup(options.load(), file, system_clocks().moment(), with_secrets, bar)
    made = done.manifest
    size = words().number(round(file.stat().st_size / 2**20, 1) or 0.1)
    whole = gettext(
        "%(file)s is whole: leads: %(leads)s, messages: %(messages)s, files: %(files)s; %(size)s MiB.",
        file=file, leads=made.held.leads, messages=made.held.messages, files=made.held.blobs, size=size,
    )  # fmt: skip
    click.echo(whole)
    if done.fault is not None:
        told = said("Warning: no secrets are in it, and it needs them: %(why)s", why=sentence_of(done.fault))
        click.echo(told.by(words()), err=True)
    elif not with_secrets:
        click.echo(gettext("The secrets are not in it: keep the folder `secrets` of [data] dir too, in another place."))


@click.command(short_help="Put a backup in place, at rest.")
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask, and put a database that is here aside.")
@click.option("--erasures", type=FILE, help="Who was erased since: the list to go by, if not that in [data] dir.")
@click.option("--nobody-erased", is_flag=True, help="Go on with --yes where nothing tells who was erased since.")
@click.pass_obj
def restore(options: Options, file: Path, yes: bool, erasures: Path | None, nobody_erased: bool) -> None:
    """Say what FILE holds and what it would replace; then, once confirmed, put it there.

    Stop the house first. A database that is here is put aside under another name, and only with --yes or a yes to the
    question. Whoever was erased since the backup is erased again. The restored one starts paused, since it does not
    know what was sent after the backup: look at what is waiting, then run `terreau resume`.

    \b
    Example:  terreau restore /backups/terreau-2026-11-02.zip
    """
    config, now = options.load(), system_clocks().moment()
    made = plan(config, file, now, erasures)
    for line in made.lines(now, config.site.timezone):
        click.echo(line.by(words()))
    if yes and made.is_blind and not nobody_erased:
        raise NoRestore(said("add --erasures with that file, or --nobody-erased: nothing was changed"))
    if not yes:
        if made.here and made.here.leads and not sys.stdin.isatty():
            held = said_n(
                "%(target)s holds %(count)s lead: add --yes to put it aside",
                "%(target)s holds %(count)s leads: add --yes to put it aside",
                made.here.leads, target=made.target,
            )  # fmt: skip
            raise NoRestore(held)
        click.confirm(gettext("Put it in place?"), abort=True)
    done = bring_back(config, file, made, now, bar)
    if done.aside is not None:
        click.echo(gettext("The former database is now %(name)s.", name=done.aside.by(words())))
    if done.erased:
        click.echo(gettext("Erased again: %(count)s.", count=words().number(done.erased)))
    command = "`terreau doctor`"
    click.echo(
        gettext(
            "It is in place, and everything rests. Look (%(command)s, the console), then `terreau resume`.",
            command=command,
        )
    )


COMMANDS: tuple[click.Command, ...] = (backup, restore)

"""`terreau staff`: who may come into the console. Passwords are asked for, read from stdin, or made and shown once."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import click
from sqlalchemy import Connection, Row

from authoring.releases import NoRelease, Releases
from base.config import Config
from base.tokens import new_token
from console import factors, passwords, sessions, staff
from console.access import ROLES
from leads.forgetting import Clerk, note
from storage.database import Database, open_database
from storage.migrate import check_schema
from terreau.applying import signed
from terreau.author_cli import speaks
from terreau.house import blobs_of
from terreau.language import gettext
from terreau.options import Options
from terreau.own_keys import keys_at
from terreau.preparing import is_new, prepare
from terreau.virtual import clocks_of

ROLE = click.Choice(ROLES)
MAKE = click.option("--generate", is_flag=True, help="Make a password and print it, once.")


@click.group(name="staff", short_help="Say who may come into the console.")
def staff_group() -> None:
    """Say who may come into the console, and in which role.

    A password is asked for; without a terminal it is the first line of standard input. With --generate the house
    makes one and prints it once: it is good for seven days, and they choose their own when they come in.

    \b
    Roles:  viewer    numbers only, no lead's name anywhere
            sales     today, and the leads of their rep or of nobody
            marketer  every lead, messages and previews; no verdicts
            admin     everything, and who works here

    \b
    Example:  terreau staff add ada@example.org --name Ada --role admin --generate
    """


@staff_group.command(name="add", short_help="Let somebody in.")
@click.argument("email")
@click.option("--name", required=True, help="As colleagues read it.")
@click.option("--role", type=ROLE, required=True, help="What it opens.")
@click.option("--rep", help="Their id among the reps of the definitions: whose leads are theirs.")
@click.option("--locale", help="The language of their console; by default that in which they first sign in.")
@MAKE
@click.pass_obj
def add(
    options: Options, email: str, name: str, role: str, rep: str | None, locale: str | None, generate: bool
) -> None:
    """Let EMAIL into the console.

    \b
    Examples:  terreau staff add chloe@example.org --name "Chloé Lambert" --role sales --rep chloe
               terreau staff add ada@example.org --name Ada --role admin --generate
    """
    config = options.load_to_begin()
    prepare(config)
    new = staff.NewStaff(email, name, role, rep, _spoken(config, locale))
    with opened(config) as database:
        _check_rep(config, database, rep)
        password, kept = _password(generate, name, email)
        now = clocks_of(database).machine()
        given = now if generate else None
        trace = _traced(config, database, "staff_added", role=role)

        def job(conn: Connection) -> None:
            trace(conn, staff.add(conn, new, kept, now, given))

        database.write(job)
    where = f"{config.site.base_url}/console"
    click.echo(gettext("%(name)s comes in at %(where)s as %(role)s.", name=name, where=where, role=role))
    _show(password if generate else None)


@staff_group.command(name="role", short_help="Give somebody another role.")
@click.argument("email")
@click.argument("role", type=ROLE)
@click.option("--rep", help="Their id among the reps of the definitions; `none` takes it away; unchanged without it.")
@click.pass_obj
def give_role(options: Options, email: str, role: str, rep: str | None) -> None:
    """Give EMAIL another ROLE. Their browsers sign in again.

    \b
    Example:  terreau staff role chloe@example.org marketer --rep none
    """
    config = options.load()
    with opened(config) as database:
        member = _member(database, email)
        wished = member.rep if rep is None else None if rep == "none" else rep
        _check_rep(config, database, wished)
        trace = _traced(config, database, "staff_changed", role=role, rep=wished or "")

        def job(conn: Connection) -> None:
            staff.change(conn, member.id, role, wished)
            trace(conn, member.id)

        database.write(job)
    click.echo(gettext("%(name)s is %(role)s now, and signs in again.", name=member.name, role=role))


@staff_group.command(name="reset", short_help="Give somebody a new password.")
@click.argument("email")
@MAKE
@click.pass_obj
def reset(options: Options, email: str, generate: bool) -> None:
    """Give EMAIL a new password. The old one ends, and with it every session.

    \b
    Example:  terreau staff reset chloe@example.org --generate
    """
    config = options.load()
    with opened(config) as database:
        member = _member(database, email)
        password, kept = _password(generate, member.name, member.email)
        given = clocks_of(database).machine() if generate else None
        trace = _traced(config, database, "staff_password_given")

        def job(conn: Connection) -> None:
            staff.set_password(conn, member.id, kept, given)
            trace(conn, member.id)

        database.write(job)
    click.echo(gettext("%(name)s has a new password; every browser of theirs signs in again.", name=member.name))
    _show(password if generate else None)


@staff_group.command(name="remove-factor", short_help="Take somebody's second factor away.")
@click.argument("email")
@click.pass_obj
def remove_factor(options: Options, email: str) -> None:
    """Take the second factor of EMAIL away, for a lost phone. Their browsers sign in again, with the password alone.

    \b
    Example:  terreau staff remove-factor chloe@example.org
    """
    config = options.load()
    with opened(config) as database:
        member = _member(database, email)
        trace = _traced(config, database, "factor_removed")

        def job(conn: Connection) -> None:
            trace(conn, member.id)
            factors.drop(conn, member.id)
            sessions.end_all(conn, member.id)

        database.write(job)
    click.echo(
        gettext("%(name)s comes in with the password alone, and can set up a second factor anew.", name=member.name)
    )


@staff_group.command(name="list", short_help="List who may come in.")
@click.pass_obj
def list_staff(options: Options) -> None:
    """List who may come in: address, role, rep, name; those whose account is closed last."""
    config = options.load()
    members = [] if is_new(config) else _everybody(config)
    for one in members:
        closed = "  " + gettext("(closed)") if one.disabled_at else ""
        click.echo(f"{one.email:<40} {one.role:<9} {one.rep or '-':<12} {one.name}{closed}")
    if not members:
        command = "terreau staff add EMAIL --name NAME --role admin --generate"
        click.echo(gettext("Nobody yet: `%(command)s` lets the first one in.", command=command))


def _everybody(config: Config) -> list[Row[Any]]:
    with opened(config) as database, database.read() as conn:
        return staff.everybody(conn)


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The database of the settings. What is refused is said in a sentence."""
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        try:
            yield database
        except staff.Refused as error:
            raise click.ClickException(f"{gettext(str(error))} {gettext('Nothing was changed.')}") from error


def _traced(config: Config, database: Database, act: str, **more: str) -> Callable[[Connection, int], None]:
    """What enters that act in the audit chain, given the number of whom it concerns."""
    clerk, key = Clerk(signed(config.content.dir, None, None).author), keys_at(config, database).suppression
    now = clocks_of(database).moment()
    return lambda conn, staff_id: note(conn, key, act, None, clerk, now, staff=staff_id, **more)


def _member(database: Database, email: str) -> Row[Any]:
    with database.read() as conn:
        found = staff.by_email(conn, staff.address(email))
    if found is None:
        raise staff.Refused(staff.UNKNOWN)
    return found


def _spoken(config: Config, locale: str | None) -> str:
    if locale is not None and locale not in config.site.locales:
        raise click.BadParameter(speaks(config), param_hint="--locale")
    return locale or ""


def _check_rep(config: Config, database: Database, rep: str | None) -> None:
    """A rep that nobody declared would own nothing, and nobody would see why."""
    if rep is None:
        return
    try:
        site = Releases(database, blobs_of(config, database)).in_force()
    except NoRelease:
        return
    known = [one.id for one in site.definitions.hand_off.reps]
    if rep not in known:
        names = gettext("the definitions know %(names)s", names=", ".join(known))
        raise click.BadParameter(names, param_hint="--rep")


def _password(generate: bool, *own: str) -> tuple[str, str]:
    """A password and what is kept of it. Raises staff.Refused for one that is too easy."""
    if generate:
        made = new_token()
        return made, passwords.hashed(made)
    given = (
        click.prompt(gettext("Password"), hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else _first_line()
    )
    return given, staff.new_password(given, *own)


def _first_line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _show(password: str | None) -> None:
    if password is not None:
        click.echo(gettext("Password, shown this once: %(password)s", password=password))

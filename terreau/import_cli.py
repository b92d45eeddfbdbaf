"""The commands `terreau import` and `terreau imports`."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from base.saying import said
from base.translations import Translator, msgid
from leads.imports import ledger
from leads.imports.contacts import Reject
from leads.imports.departures import REASONS
from leads.imports.reading import Wishes
from leads.imports.reasons import reason
from leads.imports.settings import EXISTING, ORIGINS, Policy
from terreau import importing
from terreau.applying import signed
from terreau.import_words import import_line, imports_json, next_lines, plan_lines, result_lines
from terreau.importing import Desk, NoImport, Plan, Wish
from terreau.language import LANG, words
from terreau.options import Options
from terreau.under_way import under_way

EXPECTED = importing.EXPECTED
FILE = click.Path(path_type=Path, dir_okay=False)
DAY = click.DateTime(["%Y-%m-%d"])
SHOWN = 10  # rejected rows of a plan; all are in the file
STATES = {
    ledger.ASKED: msgid("waits"),
    ledger.RUNNING: msgid("under way"),
    ledger.DONE: msgid("taken in"),
    ledger.FAILED: msgid("failed"),
}


@click.command(name="import", short_help="Bring in a list of contacts.")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Look only: nothing is written, and no database is needed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="The plan, and what came of it, as JSON.")
@click.option(
    "--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Let COLUMN fill FIELD; nothing: leave out."
)
@click.option("--mapping", metavar="NAME", help="Use the mapping that was kept under NAME.")
@click.option("--save-mapping", metavar="NAME", help="Keep the mapping under NAME for the next list of this kind.")
@click.option(
    "--existing", type=click.Choice(EXISTING), default="fill", show_default=True,
    help="Of leads who are known: keep all, fill what is empty, or overwrite.",
)  # fmt: skip
@click.option(
    "--origin", type=click.Choice(ORIGINS), default="outbound", show_default=True,
    help="Where new contacts come from; purchased ones never get marketing.",
)  # fmt: skip
@click.option("--source", help="Which list it is, such as `salon-2026`: a trigger or a segment may ask for it.")
@click.option("--tag", "tags", multiple=True, help="Give everybody this tag.")
@click.option("--refuse-roles", is_flag=True, help="Do not take addresses such as contact@ or info@.")
@click.option("--refuse-disposable", is_flag=True, help="Do not take addresses that are thrown away after use.")
@click.option(
    "--everybody", type=click.Choice(tuple(REASONS)),
    help="The list is of people who left elsewhere: leave every one of them alone.",
)  # fmt: skip
@click.option("--consent-wording", help="The exact words that those of a column consent:TOPIC agreed to.")
@click.option("--consent-proof", help="Where and how they agreed, such as `paper form, stand B12`.")
@click.option("--consent-on", type=DAY, help="The day they agreed, where no column says it.")
@click.option("--encoding", help="The encoding, where it is not found out.")
@click.option("--delimiter", help="What separates cells, where it is not found out.")
@click.option("--no-header", is_flag=True, help="The first row is a contact, not the names of the columns.")
@click.option("--rejects", type=FILE, help="Where rows that are not taken go, written anew; by default beside FILE.")
@click.option("--again", is_flag=True, help="Take the file in though it was taken in before.")
@click.option("--author", help="Who does it; by default the git author, else the account's name.")
@LANG
@click.pass_obj
def import_list(
    options: Options,
    /,
    file: Path,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    mapped: tuple[str, ...],
    mapping: str | None,
    save_mapping: str | None,
    rejects: Path | None,
    author: str | None,
    again: bool,
    **how: Any,
) -> None:
    """Say what is in FILE and what would become of each row; then, once confirmed, take it in.

    Encoding, delimiter and columns are found out. Leads who left stay away, whatever the list says, and so does whoever
    a column says to have left elsewhere; consent is only recorded with its proof. An import that was killed goes on
    when the same command is given again.

    \b
    Examples:  terreau import contacts.csv --dry-run
               terreau import salon.csv --source salon-2026 --map "Société=company" --yes
    """
    config, speech = options.load(), words()
    _insist_on_another(rejects, file)
    wish = Wish(file, _wishes(mapped, how), _policy(how), mapping, again)
    keeps = save_mapping is not None
    with (
        importing.desk(config, needs_database=keeps or not dry_run) as at,
        _planned(at, wish, as_json) as (opened, plan),
    ):
        signature = signed(config.content.dir, author, None).author if keeps or not dry_run else ""
        if not as_json:
            _tell(plan, speech)
        if dry_run:
            _keep(at, save_mapping, plan, signature, speech, as_json)
            _leave(opened, plan, rejects, mapping is not None, keeps, speech, as_json)
            return
        if not yes:
            _ask()
        with under_way(speech.gettext("taking in"), as_json) as progress:
            run = importing.carry_out(at, wish, opened, plan, signature, progress)
        _told(at, opened, plan, run, rejects or file.with_name(f"{file.name}.rejects.csv"), speech, as_json)
        _keep(at, save_mapping, plan, signature, speech, as_json)


@click.command(name="imports", short_help="List what was brought in.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--last", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@LANG
@click.pass_obj
def list_imports(options: Options, as_json: bool, last: int) -> None:
    """List what was brought in, the newest first: which file, by whom, when, and what became of its rows.

    \b
    Example:  terreau imports
    """
    config, speech = options.load(), words()
    with importing.desk(config, needs_database=True) as at:
        assert at.database is not None
        with at.database.read() as conn:
            rows = ledger.newest(conn, last)
    if as_json:
        click.echo(imports_json(rows))
        return
    for row in rows:
        state = speech.gettext(STATES.get(row.state, row.state))
        click.echo(import_line(row, state, config.site.timezone, speech))
    if not rows:
        click.echo(speech.gettext("No list was brought in yet."))


COMMANDS: tuple[click.Command, ...] = (import_list, list_imports)


# ---------------------------------------------------------------- what was typed


def _wishes(mapped: tuple[str, ...], how: Mapping[str, Any]) -> Wishes:
    pairs = tuple(_pair(one) for one in mapped)
    delimiter = {"tab": "\t", "\\t": "\t"}.get(how["delimiter"], how["delimiter"])
    return Wishes(how["encoding"], delimiter, False if how["no_header"] else None, pairs)


def _pair(typed: str) -> tuple[str, str]:
    """`Société=company`; the last sign counts, for a column may hold one too."""
    column, sign, field = typed.rpartition("=")
    return (column.strip(), field.strip()) if sign else (typed.strip(), "")


def _policy(how: Mapping[str, Any]) -> Policy:
    day = how["consent_on"]
    return Policy(
        how["existing"], how["origin"], (how["source"] or "")[:200] or None, how["tags"], not how["refuse_roles"],
        how["consent_wording"], how["consent_proof"], day.date().isoformat() if day else None,
        not how["refuse_disposable"], how["everybody"],
    )  # fmt: skip


def _ask() -> None:
    if not sys.stdin.isatty():
        raise NoImport(said("this is the plan, and nothing was written: add --yes to take the list in"))
    click.confirm(words().gettext("Take it in?"), abort=True)


# ---------------------------------------------------------------- what is told


@contextmanager
def _planned(at: Desk, wish: Wish, quiet: bool) -> Iterator[Any]:
    with under_way(words().gettext("reading"), quiet) as progress, importing.planned(at, wish, progress) as both:
        yield both


def _insist_on_another(rejects: Path | None, file: Path) -> None:
    """What is not taken is written while the list is read. Raises NoImport."""
    if rejects is not None and rejects.exists() and file.exists() and rejects.samefile(file):
        raise NoImport(said("%(file)s is the list itself: name another file for --rejects", file=rejects))


def _tell(plan: Plan, speech: Translator) -> None:
    for line in plan_lines(plan.name, plan.found, plan.settings.policy, plan.tally, speech):
        click.echo(line)
    for shown, reject in enumerate(plan.rejects()):
        if shown == SHOWN:
            more = plan.tally.rejected - SHOWN
            click.echo("  " + speech.ngettext("and %(count)s more", "and %(count)s more", more))
            break
        click.echo(f"  {_reject_line(reject, speech)}")


def _keep(at: Desk, name: str | None, plan: Plan, author: str, speech: Translator, as_json: bool) -> None:
    """Keep the mapping where that was wished: a list that somebody said no to leaves nothing behind."""
    if name is None:
        return
    importing.keep_mapping(at, name, plan.found.mapping, author)
    if not as_json:
        click.echo(speech.gettext("The mapping is kept: `--mapping %(name)s` uses it again.", name=name))


def _reject_line(reject: Reject, speech: Translator) -> str:
    sentence = reason(reject.code, reject.about).by(speech)
    return speech.gettext("line %(line)s: %(reason)s", line=reject.line, reason=sentence)


def _leave(
    opened: Any, plan: Plan, rejects: Path | None, named: bool, keeps: bool, speech: Translator, as_json: bool
) -> None:
    """The end of a dry run; `named`: its mapping was kept before, `keeps`: it is now."""
    if rejects is not None:
        importing.rejects_file(opened, plan, plan.to_mend(), rejects, speech)
    if as_json:
        importing.write_json(importing.as_json(plan), plan.rejects(), plan.remarks(), sys.stdout, speech)
        return
    nothing = msgid("Nothing was written: this was a dry run.")
    click.echo(speech.gettext(msgid("Nothing else was written: this was a dry run.") if keeps else nothing))
    for line in next_lines(plan.found, plan.tally, plan.settings.policy, named or keeps, speech):
        click.echo(line)


def _told(at: Desk, opened: Any, plan: Plan, run: Any, rejects: Path, speech: Translator, as_json: bool) -> None:
    assert at.database is not None
    remarks = importing.remarks_of(at.database, run.import_id)
    is_kept_back = bool(run.counts["rejected"] or remarks.counts)
    if is_kept_back:
        importing.rejects_file(opened, plan, importing.kept_back_of(at.database, run.import_id), rejects, speech)
    if as_json:
        told = {**importing.as_json(plan), "import": run.import_id, "counts": dict(run.counts)}
        importing.write_json(told, *importing.told_of(at.database, run.import_id, plan), sys.stdout, speech)
        return
    for line in result_lines(run.import_id, run.counts, remarks, speech):
        click.echo(line)
    if is_kept_back:
        what = speech.gettext(
            "What was not taken or not recorded is in %(path)s, each row with its reason.", path=rejects
        )
        click.echo(what)

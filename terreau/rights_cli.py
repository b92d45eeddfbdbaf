"""The commands `terreau rights`, `terreau leads` and `terreau audit`."""

import json
from pathlib import Path

import click

from base.translations import msgid
from leads.correcting import NoCorrection
from leads.erasing import UnderWay
from leads.forgetting import Clerk, Way
from leads.merging import NoMerge
from terreau import rights
from terreau.applying import signed
from terreau.folders import for_its_owner
from terreau.language import gettext, words
from terreau.options import Options
from terreau.outputs import OVERWRITE, insist_on_new
from terreau.register import register
from terreau.rights_words import chain_lines, erasure_lines, merge_lines, part_lines, retention_lines

EXPECTED = (UnderWay, NoMerge, NoCorrection, rights.NotRead)
AUTHOR = click.option("--author", help="Who does it; by default the git author, else the account's name.")
YES = click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
NOT_DONE = msgid("Nothing was changed. With --yes it is done.")
THE_SAME = msgid("It said so already: nothing was changed.")
_LATER = msgid("Done. The file of the database forgets with the next erasure, or its next stop.")


@click.group(name="rights", short_help="Somebody's data: handed out, put right, erased, kept no longer than needed.")
def rights_group() -> None:
    """Exercise somebody's rights to their data. LEAD is a number, an address or a telephone number.

    \b
    Examples:  terreau rights export ada@example.org --out ada.json
               terreau rights erase ada@example.org          then the same with --yes
               terreau rights retention --dry-run
               terreau rights register --lang fr > register.md
    """


@rights_group.command(name="export", short_help="Everything that is stored about a lead.")
@click.argument("lead")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file; its end, .json or .html, says which form."
)
@click.option(
    "--form", type=click.Choice(rights.FORMS), help="json for programs, html for the person, in their language."
)
@OVERWRITE
@AUTHOR
@click.pass_obj
def export(
    options: Options, lead: str, out: Path | None, form: str | None, overwrite: bool, author: str | None
) -> None:
    """Hand out everything that is stored about LEAD, in every table; no secret, and nothing of those who work here.

    \b
    Examples:  terreau rights export ada@example.org --out ada.html
               terreau rights export 42 --form json
    """
    config = options.load()
    insist_on_new(out, overwrite)
    form = form or ("html" if out is not None and out.suffix.lower() in (".html", ".htm") else "json")
    with rights.open_house(config) as at:
        told = rights.export(at, lead, form, clerk(options, author))
    if out is None:
        click.echo(told)
        return
    with for_its_owner(out) as file:
        file.write(told + "\n")
    click.echo(gettext("Written to %(file)s, readable by you alone. Delete it once it is handed over.", file=out))


@rights_group.command(name="erase", short_help="Erase a lead, but for a keyed hash of the address.")
@click.argument("lead")
@YES
@AUTHOR
@click.pass_obj
def erase(options: Options, lead: str, yes: bool, author: str | None) -> None:
    """Erase all that is stored about LEAD and those merged into it. First said, then done with --yes.

    \b
    Example:  terreau rights erase ada@example.org --yes
    """
    _forget(options, lead, "erase", yes, author)


@rights_group.command(name="anonymise", short_help="Forget who a lead is, and keep what happened.")
@click.argument("lead")
@YES
@AUTHOR
@click.pass_obj
def anonymise(options: Options, lead: str, yes: bool, author: str | None) -> None:
    """Blank all that says who LEAD is; what happened, and when, stays for the figures. First said, then done.

    \b
    Example:  terreau rights anonymise 42 --yes
    """
    _forget(options, lead, "anonymise", yes, author)


@rights_group.command(name="correct", short_help="Put right what is stored about a lead.")
@click.argument("lead")
@click.argument("values", nargs=-1, required=True, metavar="NAME=VALUE...")
@AUTHOR
@click.pass_obj
def correct(options: Options, lead: str, values: tuple[str, ...], author: str | None) -> None:
    """Put right columns (email, phone, first_name, last_name, company, job_title) or fields that a form asks for.

    A new address is confirmed anew: what was agreed to under the old one waits until then. NAME= takes a value away.

    \b
    Example:  terreau rights correct 42 last_name=Lovelace email=ada@example.org
    """
    pairs = [value.partition("=") for value in values]
    if any(not sign for _, sign, _ in pairs):
        raise click.UsageError(gettext("write NAME=VALUE"))
    with rights.open_house(options.load()) as at:
        changed = rights.put_right(at, lead, {name: value for name, _, value in pairs}, clerk(options, author))
    told = gettext("Put right: %(names)s.", names=", ".join(changed)) if changed else gettext(THE_SAME)
    click.echo(told)


@rights_group.command(name="retention", short_help="Whose time is up.")
@click.option("--dry-run", is_flag=True, help="Only say who it would be.")
@click.pass_obj
def retention(options: Options, dry_run: bool) -> None:
    """Find leads whose time is up by [retention], announce them, and let go of those who were announced long enough.

    The house does the same by itself, a batch a minute, once a day for everybody.

    \b
    Example:  terreau rights retention --dry-run
    """
    with rights.open_house(options.load()) as at:
        for line in retention_lines(rights.retain(at, dry_run), words()):
            click.echo(line)


@rights_group.command(name="replay", short_help="After a restore: erase again whom it brought back.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@AUTHOR
@click.pass_obj
def replay(options: Options, file: Path | None, author: str | None) -> None:
    """Erase again whom a restored database brought back, by the list of keyed hashes in FILE.

    By default that is `erasures` in the folder of [data] dir, where every erasure adds a line.

    \b
    Example:  terreau rights replay
    """
    with rights.open_house(options.load()) as at:
        count = rights.replay(at, file, clerk(options, author))
    click.echo(gettext("Erased again: %(count)s.", count=words().number(count)))


@rights_group.command(name="register", short_help="The register of processing, from what is in force.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def register_command(options: Options, as_json: bool) -> None:
    """Print the register of processing (GDPR, article 30): what, why, on which basis, how long, who receives it.

    It is made from the content and the settings in force, in the language that --lang says.

    \b
    Example:  terreau rights register --lang fr > register.md
    """
    config = options.load()
    with rights.open_house(config) as at:
        told = register(at, words().locale)
    click.echo(json.dumps(told.as_json(), ensure_ascii=False, indent=2) if as_json else told.as_markdown())


@click.group(name="leads", short_help="Leads by hand: add one, make one of two, or part them again.")
def leads_group() -> None:
    """Work on leads by hand, where no form and no rule does it: add somebody whom sales, a partner or a vendor brings;
    make one of two that are the same, and take it back.

    \b
    Examples:  terreau leads add email=ada@example.org --origin vendor --who LeadActif --ground consent
               terreau leads merge 42 57
               terreau leads unmerge 57
               terreau leads move aicha@cabinet-chevalier.example mql --as marketing --reason "Met at the fair"
    """


@leads_group.command(name="merge", short_help="Make one lead of two.")
@click.argument("lead")
@click.argument("other")
@YES
@AUTHOR
@click.pass_obj
def merge(options: Options, lead: str, other: str, yes: bool, author: str | None) -> None:
    """Let LEAD stand for OTHER too: judged by the events of both, the stricter consent holds. First said, then done.

    No row is written anew, and `terreau leads unmerge` takes it back. Mail goes to the address of LEAD.

    \b
    Example:  terreau leads merge ada@example.org ada.l@example.org --yes
    """
    with rights.open_house(options.load()) as at:
        made = rights.merge_plan(at, lead, other)
        for line in merge_lines(made, words()):
            click.echo(line)
        if not yes:
            click.echo(gettext(NOT_DONE))
            return
        rights.merge(at, made, clerk(options, author))
    click.echo(gettext("Lead %(kept)s stands for lead %(gone)s too now.", gone=made.gone, kept=made.kept))


@leads_group.command(name="unmerge", short_help="Take a merge back.")
@click.argument("lead")
@YES
@AUTHOR
@click.pass_obj
def unmerge(options: Options, lead: str, yes: bool, author: str | None) -> None:
    """Let LEAD, which was merged into another, be apart again, with all that came for it meanwhile.

    \b
    Example:  terreau leads unmerge ada.l@example.org --yes
    """
    with rights.open_house(options.load()) as at:
        made = rights.part_plan(at, lead)
        for line in part_lines(made, words()):
            click.echo(line)
        if not yes:
            click.echo(gettext(NOT_DONE))
            return
        rights.unmerge(at, made, clerk(options, author))
    click.echo(gettext("Lead %(lead)s is apart from lead %(kept)s again.", lead=made.lead, kept=made.kept))


@click.group(name="audit", short_help="What was done with data, and by whom.")
def audit_group() -> None:
    """Read the audit chain: what was handed out, put right, merged or erased, when and by whom.

    Or prove that nobody changed, deleted, moved or added an entry.

    \b
    Examples:  terreau audit list
               terreau audit verify
    """


@audit_group.command(name="list", short_help="The newest entries.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
@click.pass_obj
def list_audit(options: Options, limit: int) -> None:
    """List the newest entries, one JSON object a line; `payload` is null where it was erased with its lead."""
    with rights.open_house(options.load()) as at:
        for entry in rights.entries(at, limit):
            click.echo(json.dumps(entry, ensure_ascii=False))


@audit_group.command(name="verify", short_help="Prove that no entry was changed, moved or left out.")
@click.pass_obj
def verify_audit(options: Options) -> None:
    """Read the whole chain. Exit code 1 when an entry was changed, deleted, moved or added."""
    with rights.open_house(options.load()) as at:
        found = rights.verified(at)
    for line in chain_lines(found, words()):
        click.echo(line)
    if found.breaks:
        raise SystemExit(1)


def _forget(options: Options, lead: str, way: Way, yes: bool, author: str | None) -> None:
    with rights.open_house(options.load()) as at:
        made = rights.erasure(at, lead)
        for line in erasure_lines(made, way, words()):
            click.echo(line)
        if not yes:
            click.echo(gettext(NOT_DONE))
            return
        forgotten = rights.forget(at, made.lead_ids[0], way, clerk(options, author))
    click.echo(gettext("Done.") if forgotten else gettext(_LATER))


def clerk(options: Options, author: str | None) -> Clerk:
    """Who does it, as the audit chain names them."""
    return Clerk(signed(options.load().content.dir, author, None).author)


COMMANDS = (rights_group, leads_group, audit_group)

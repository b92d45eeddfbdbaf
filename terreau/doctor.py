"""Looks at everything around the house that can be wrong before anybody notices: each probe answers with findings.

A probe never raises: what it cannot look at is a finding too.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from importlib.metadata import packages_distributions
from pathlib import Path

from sqlalchemy import func, select

from authoring.releases import NoRelease, Releases, ReleaseUnreadable
from authoring.site import Site
from base.clock import system_clocks
from base.config import Config
from emails.dkim import KeyUnusable
from emails.obstacles import RELAY
from reports.returned import came_back
from sales.notifier import endpoints
from sales.webhooks import unusable
from storage.database import Database, open_database
from storage.migrate import NoTables, SchemaMismatch, check_schema
from storage.schema import in_force, messages, obstacles, releases, switches
from storage.trouble import StorageUnavailable
from terreau.findings import Finding
from terreau.folders import WHAT_TO_DO, why_unwritable
from terreau.house import blobs_of, signature_of
from terreau.names import Dns
from terreau.preparing import is_new
from terreau.relay import probe_relay
from terreau.returns import told_of_returns
from terreau.standing import Sending, look
from workflows.resting import EVERYTHING, MARKETING

GIB = 1024**3
ROOMS = (
    "authoring", "base", "capture", "console", "emails", "leads",
    "reports", "sales", "scheduler", "storage", "terreau", "workflows",
)  # fmt: skip
NOT_MADE = "`terreau serve` or `terreau migrate` makes it"
TRUSTED_SKEW = 2.0  # seconds
# CVE-2024-6923 and its family: an encoded word in a header becomes a header of its own.
INJECTION = "=?utf-8?q?Ann=0D=0ABcc:_victim=40example.org?="


def examine(config: Config) -> list[Finding]:
    """Every probe's findings, in the order of PROBES."""
    return [finding for subject, probe in PROBES.items() for finding in _safely(subject, probe, config)]


def _safely(subject: str, probe: Callable[[Config], Iterator[Finding]], config: Config) -> list[Finding]:
    try:
        return list(probe(config))
    except Exception as error:
        return [Finding(subject, "wrong", f"could not be looked at: {type(error).__name__}: {error}")]


def _python(config: Config) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    message = EmailMessage()
    message["Subject"] = INJECTION
    if b"\nBcc:" in message.as_bytes():
        yield Finding(
            "python", "doubt",
            f"Python {version} lets an encoded word in a header become a header of its own (CVE-2024-6923)",
            "the house looks at every header again before a mail leaves; a Python with the correction is better still",
        )  # fmt: skip
    else:
        yield Finding("python", "well", f"Python {version}")


def _packages(config: Config) -> Iterator[Finding]:
    owners = packages_distributions()
    strangers = {room: sorted(set(owners.get(room, [])) - {"terreau"}) for room in ROOMS}
    clashes = {room: names for room, names in strangers.items() if names}
    for room, names in clashes.items():
        yield Finding(
            "packages", "wrong", f"the package `{room}` was also installed by {', '.join(names)}, over ours",
            "install Terreau alone, in a virtual environment of its own",
        )  # fmt: skip
    if not clashes:
        yield Finding("packages", "well", "no other distribution installs over the rooms of the house")


def _secrets(config: Config) -> Iterator[Finding]:
    kept = config.data.dir / "secrets"
    named = [config.smtp.password_file, config.dkim.key_file, *(webhook.secret_file for webhook in config.webhooks)]
    given = [config.secrets.signing_keys_file, config.secrets.session_key_file, config.secrets.suppression_key_file]
    files = [path for path in (*named, *given) if path is not None]
    files += sorted(path for path in kept.glob("*") if path.is_file()) if kept.is_dir() else []
    open_files = [path for path in files if path.exists() and path.stat().st_mode & 0o077]
    for path in open_files:
        yield Finding(
            "secrets", "wrong", f"{path} can be read by others (mode {path.stat().st_mode & 0o777:04o})",
            f"chmod 600 {path}",
        )  # fmt: skip
    if not open_files:
        count = len(files)
        yield Finding("secrets", "well", f"{count} files, none readable by others" if count else "none on disk yet")


def _database(config: Config) -> Iterator[Finding]:
    if is_new(config):
        yield Finding("database", "doubt", "it is not made yet", NOT_MADE)
        return
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        try:
            check_schema(database)
        except NoTables as error:
            yield Finding("database", "doubt", str(error))
            return
        except SchemaMismatch as error:
            yield Finding("database", "wrong", str(error))
            return
        except StorageUnavailable as error:
            yield Finding("database", "wrong", str(error))
            return
        yield Finding("database", "well", f"{database.dialect}, its tables are those of this version")
        yield from _release(database)
        yield from _doubts(database)
        yield _returned(database, config)
        yield from _obstacles(database)
        yield from _switches(database)
        if database.dialect == "postgresql":
            yield _skew(database)


def _release(database: Database) -> Iterator[Finding]:
    query = select(releases).join(in_force, in_force.c.release_id == releases.c.id)
    with database.read() as conn:
        row = conn.execute(query).one_or_none()
    if row is None:
        yield Finding("release", "wrong", "no content is in force", "run `terreau apply`")
        return
    made = f"release {row.id} ({row.hash[:12]}) by {row.author}, {row.created_at:%Y-%m-%d %H:%M} UTC"
    yield Finding("release", "well", f"{made} is in force")


def _switches(database: Database) -> Iterator[Finding]:
    with database.read() as conn:
        off = conn.execute(select(switches).where(switches.c.off).order_by(switches.c.name)).all()
    for row in off:
        named = {EVERYTHING: "everything", MARKETING: "marketing"}.get(row.name, f"`{row.name}`")
        resumed = {EVERYTHING: "", MARKETING: " --marketing"}.get(row.name, f" {row.name}")
        sentence = f"{named} rests since {row.since:%Y-%m-%d %H:%M} UTC: {row.reason}"
        yield Finding("mails", "doubt", sentence, f"`terreau resume{resumed}` when the reason is gone")


def _obstacles(database: Database) -> Iterator[Finding]:
    """What the senders met, whichever machine they run on."""
    with database.read() as conn:
        rows = conn.execute(select(obstacles).order_by(obstacles.c.name)).all()
    for row in rows:
        if row.name != RELAY:
            sentence = f"mail for {row.name} waits until {row.until:%Y-%m-%d %H:%M} UTC: {row.reason}"
            yield Finding("mails", "doubt", sentence, "others leave, and no try of its mails is counted")
        elif row.stopped:
            hint = "mails wait until it is mended; the sender tries every five minutes"
            yield Finding("mails", "wrong", f"mail is stopped since {row.since:%Y-%m-%d %H:%M} UTC: {row.reason}", hint)
        else:
            yield Finding("mails", "doubt", f"mail waits since {row.since:%Y-%m-%d %H:%M} UTC: {row.reason}")


def _doubts(database: Database) -> Iterator[Finding]:
    with database.read() as conn:
        unknown = conn.scalar(select(func.count()).where(messages.c.state == "unknown")) or 0
    if unknown:
        sentence = f"{unknown} mails are in doubt: the server's answer never came"
        yield Finding("mails", "doubt", sentence, "`terreau unknown` tells what is known of each")


def _returned(database: Database, config: Config) -> Finding:
    now = system_clocks().machine()
    with database.read() as conn:
        return Finding("returns", *told_of_returns(came_back(conn, now), config.mail.bounces, now))


def _skew(database: Database) -> Finding:
    with database.read() as conn:
        theirs = conn.execute(select(func.clock_timestamp())).scalar_one()
    seconds = abs((theirs - system_clocks().machine()).total_seconds())
    if seconds > TRUSTED_SKEW:
        sentence = f"the database's clock is {seconds:.0f} s away from this machine's"
        return Finding(
            "clock", "wrong", sentence, "let both follow a time server (NTP): claims and tokens depend on it"
        )
    return Finding("clock", "well", "the database's clock agrees with this machine's")


def _webhooks(config: Config) -> Iterator[Finding]:
    known = endpoints(config)
    faults = [fault for endpoint in known if (fault := unusable(endpoint, system_clocks().machine()))]
    strangers = sorted(set(_channels_in_force(config)) - {endpoint.name for endpoint in known})
    for fault in faults:
        yield Finding("webhooks", "wrong", fault, "what is due there fails at once; check [[webhooks]] in config.toml")
    for name in strangers:
        yield Finding(
            "webhooks", "doubt", f"the release in force tells `{name}` of hot leads, and no [[webhooks]] has that name",
            "add it to config.toml, or take it out of `channels` in definitions.toml",
        )  # fmt: skip
    if not faults and not strangers:
        told = ", ".join(f"{endpoint.name}: told of hot leads" for endpoint in known)
        yield Finding("webhooks", "well", told or "none: sales is told by mail alone")


def _channels_in_force(config: Config) -> list[str]:
    """Those that the definitions name."""
    site = _site_in_force(config)
    return site.definitions.hand_off.channels if site is not None else []


def _site_in_force(config: Config) -> Site | None:
    """None where it cannot be read, which other probes tell."""
    if is_new(config):
        return None
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        try:
            check_schema(database)
            return Releases(database, blobs_of(config, database)).in_force()
        except (SchemaMismatch, StorageUnavailable, NoRelease, ReleaseUnreadable):
            return None


def _standing(config: Config) -> Iterator[Finding]:
    """What the DNS says of the domains that mails leave from."""
    site = _site_in_force(config)
    if config.mail.transport == "maildir" or site is None:
        return
    written = [site.definitions.house.email, *(sender.email for sender in site.definitions.senders.values())]
    try:
        signature = signature_of(config)
    except KeyUnusable as error:
        yield Finding("dkim", "wrong", str(error))
        return
    returns = config.mail.return_path.rpartition("@")[2] if config.mail.return_path else None
    authors = tuple(dict.fromkeys(address.rpartition("@")[2] for address in written))
    yield from look(Sending(authors, returns, config.smtp.host, signature), Dns())


def _folder(config: Config) -> Iterator[Finding]:
    if why := why_unwritable(config.data.dir):
        yield Finding("data", "wrong", f"{config.data.dir} cannot be written ({why})", WHAT_TO_DO)
    else:
        yield Finding("data", "well", f"{config.data.dir} can be written")


def _disk(config: Config) -> Iterator[Finding]:
    folder = next(path for path in (config.data.dir, *config.data.dir.parents) if path.exists())
    usage = shutil.disk_usage(folder)
    left = f"{usage.free / GIB:.1f} GiB free of {usage.total / GIB:.1f} on the disk of {folder}"
    if usage.free < GIB or usage.free < usage.total / 10:
        yield Finding("disk", "doubt", left, "below 1 GiB or a tenth: a full disk stops forms and mails alike")
    else:
        yield Finding("disk", "well", left)
    if not os.access(folder, os.W_OK):
        yield Finding("disk", "wrong", f"{folder} cannot be written", "the database, blobs and secrets live there")


def _address(config: Config) -> Iterator[Finding]:
    if config.site.base_url.startswith("http://") and not _is_local(config.site.base_url):
        sentence = f"{config.site.base_url} is not https: tokens in mails would travel in the clear"
        yield Finding("address", "wrong", sentence, "set [site] base_url to the https address that visitors see")
    else:
        yield Finding("address", "well", f"links in mails begin with {config.site.base_url}")


def _is_local(address: str) -> bool:
    return address.split("//", 1)[-1].split("/")[0].split(":")[0] in ("localhost", "127.0.0.1")


def _content(config: Config) -> Iterator[Finding]:
    folder = Path(config.content.dir)
    if (folder / "definitions.toml").is_file():
        yield Finding("content", "well", f"{folder} is a tree of content: `terreau check` reads it closely")
    else:
        hint = "only the release in force counts for visitors; name the tree with --content to work on it"
        yield Finding("content", "doubt", f"{folder} holds no definitions.toml", hint)


PROBES: dict[str, Callable[[Config], Iterator[Finding]]] = {
    "python": _python,
    "packages": _packages,
    "address": _address,
    "content": _content,
    "secrets": _secrets,
    "data": _folder,
    "disk": _disk,
    "database": _database,
    "mail": probe_relay,
    "standing": _standing,
    "webhooks": _webhooks,
}

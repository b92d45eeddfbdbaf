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

from authoring.releases import NoRelease, Releases, ReleaseUnreadable
from authoring.site import Site
from base.clock import system_clocks
from base.config import Config
from base.saying import said, said_n, said_number
from emails.dkim import KeyUnusable
from sales.notifier import endpoints
from sales.webhooks import unusable
from storage.database import open_database
from storage.migrate import NoTables, SchemaMismatch, check_schema
from storage.trouble import StorageUnavailable
from terreau.doctor_tables import look_into
from terreau.findings import Finding
from terreau.folders import WHAT_TO_DO, why_unwritable
from terreau.house import blobs_of, signature_of
from terreau.mishaps import sentence_of
from terreau.names import Dns
from terreau.preparing import is_new
from terreau.relay import probe_relay
from terreau.standing import Sending, look

GIB = 1024**3
ROOMS = (
    "authoring",
    "base",
    "capture",
    "console",
    "emails",
    "leads",
    "reports",
    "sales",
    "scheduler",
    "storage",
    "terreau",
    "workflows",
)
NOT_MADE = said("`terreau serve` or `terreau migrate` makes it")
# CVE-2024-6923 and its family: an encoded word in a header becomes a header of its own.
INJECTION = "=?utf-8?q?Ann=0D=0ABcc:_victim=40example.org?="


def examine(config: Config) -> list[Finding]:
    """Every probe's findings, in the order of PROBES."""
    return [finding for subject, probe in PROBES.items() for finding in _safely(subject, probe, config)]


def _safely(subject: str, probe: Callable[[Config], Iterator[Finding]], config: Config) -> list[Finding]:
    try:
        return list(probe(config))
    except Exception as error:
        told = said("could not be looked at: %(kind)s: %(error)s", kind=type(error).__name__, error=error)
        return [Finding(subject, "wrong", told)]


def _python(config: Config) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    message = EmailMessage()
    message["Subject"] = INJECTION
    if b"\nBcc:" in message.as_bytes():
        yield Finding(
            "python",
            "doubt",
            said(
                "Python %(version)s lets an encoded word in a header become a header of its own (CVE-2024-6923)",
                version=version,
            ),
            said("the house looks at every header again before a mail leaves; a Python that is corrected is better"),
        )
    else:
        yield Finding("python", "well", f"Python {version}")


def _packages(config: Config) -> Iterator[Finding]:
    owners = packages_distributions()
    strangers = {room: sorted(set(owners.get(room, [])) - {"terreau"}) for room in ROOMS}
    clashes = {room: names for room, names in strangers.items() if names}
    for room, names in clashes.items():
        yield Finding(
            "packages",
            "wrong",
            said(
                "the package `%(room)s` was also installed by %(names)s, over ours", room=room, names=", ".join(names)
            ),
            said("install Terreau alone, in a virtual environment of its own"),
        )
    if not clashes:
        yield Finding("packages", "well", said("no other distribution installs over the rooms of the house"))


def _secrets(config: Config) -> Iterator[Finding]:
    kept = config.data.dir / "secrets"
    hooks = (file for hook in config.webhooks for file in (hook.secret_file, hook.url_file))
    systems = (system.secret_file for system in config.systems)
    bounces = config.mail.bounces.secret_file
    named = [config.smtp.password_file, config.dkim.key_file, bounces, *hooks, *systems]
    given = [config.secrets.signing_keys_file, config.secrets.session_key_file, config.secrets.suppression_key_file]
    files = [path for path in (*named, *given) if path is not None]
    files += sorted(path for path in kept.glob("*") if path.is_file()) if kept.is_dir() else []
    open_files = [path for path in files if path.exists() and path.stat().st_mode & 0o077]
    for path in open_files:
        yield Finding(
            "secrets",
            "wrong",
            said(
                "%(path)s can be read by others (mode %(mode)s)", path=path, mode=f"{path.stat().st_mode & 0o777:04o}"
            ),
            f"chmod 600 {path}",
        )
    if not open_files:
        count = len(files)
        yield Finding(
            "secrets",
            "well",
            said_n("%(count)s file, not readable by others", "%(count)s files, none readable by others", count)
            if count
            else said("none on disk yet"),
        )


def _database(config: Config) -> Iterator[Finding]:
    if is_new(config):
        yield Finding("database", "doubt", said("it is not made yet"), NOT_MADE)
        return
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        try:
            check_schema(database)
        except NoTables as error:
            yield Finding("database", "doubt", sentence_of(error))
            return
        except SchemaMismatch as error:
            yield Finding("database", "wrong", sentence_of(error))
            return
        except StorageUnavailable as error:
            yield Finding("database", "wrong", sentence_of(error))
            return
        yield Finding(
            "database", "well", said("%(dialect)s, its tables are those of this version", dialect=database.dialect)
        )
        yield from look_into(database, config)


def _webhooks(config: Config) -> Iterator[Finding]:
    known = endpoints(config)
    faults = [fault for endpoint in known if (fault := unusable(endpoint, system_clocks().machine()))]
    strangers = sorted(set(_channels_in_force(config)) - {endpoint.name for endpoint in known})
    for fault in faults:
        yield Finding(
            "webhooks", "wrong", fault, said("what is due there fails at once; check [[webhooks]] in config.toml")
        )
    for name in strangers:
        yield Finding(
            "webhooks",
            "doubt",
            said("the release in force tells `%(name)s` of hot leads, and no [[webhooks]] has that name", name=name),
            said("add it to config.toml, or take it out of `channels` in definitions.toml"),
        )
    if not faults and not strangers:
        names = ", ".join(endpoint.name for endpoint in known)
        told = said("told of hot leads: %(names)s", names=names) if names else said("none: sales is told by mail alone")
        yield Finding("webhooks", "well", told)


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
        yield Finding("dkim", "wrong", sentence_of(error))
        return
    returns = config.mail.return_path.rpartition("@")[2] if config.mail.return_path else None
    authors = tuple(dict.fromkeys(address.rpartition("@")[2] for address in written))
    yield from look(Sending(authors, returns, config.smtp.host, signature), Dns())


def _folder(config: Config) -> Iterator[Finding]:
    if why := why_unwritable(config.data.dir):
        yield Finding(
            "data", "wrong", said("%(dir)s cannot be written (%(why)s)", dir=config.data.dir, why=why), WHAT_TO_DO
        )
    else:
        yield Finding("data", "well", said("%(dir)s can be written", dir=config.data.dir))


def _disk(config: Config) -> Iterator[Finding]:
    folder = next(path for path in (config.data.dir, *config.data.dir.parents) if path.exists())
    usage = shutil.disk_usage(folder)
    left = said(
        "%(free)s GiB free of %(total)s on the disk of %(folder)s",
        free=said_number(round(usage.free / GIB, 1)),
        total=said_number(round(usage.total / GIB, 1)),
        folder=folder,
    )
    if usage.free < GIB or usage.free < usage.total / 10:
        yield Finding("disk", "doubt", left, said("below 1 GiB or a tenth: a full disk stops forms and mails alike"))
    else:
        yield Finding("disk", "well", left)
    if not os.access(folder, os.W_OK):
        yield Finding(
            "disk",
            "wrong",
            said("%(folder)s cannot be written", folder=folder),
            said("the database, blobs and secrets live there"),
        )


def _address(config: Config) -> Iterator[Finding]:
    if config.site.base_url.startswith("http://") and not _is_local(config.site.base_url):
        sentence = said(
            "%(base_url)s is not https: tokens in mails would travel in the clear", base_url=config.site.base_url
        )
        yield Finding("address", "wrong", sentence, said("set [site] base_url to the https address that visitors see"))
    else:
        yield Finding("address", "well", said("links in mails begin with %(base_url)s", base_url=config.site.base_url))


def _is_local(address: str) -> bool:
    return address.split("//", 1)[-1].split("/")[0].split(":")[0] in ("localhost", "127.0.0.1")


def _content(config: Config) -> Iterator[Finding]:
    folder = Path(config.content.dir)
    if (folder / "definitions.toml").is_file():
        yield Finding(
            "content", "well", said("%(folder)s is a tree of content: `terreau check` reads it closely", folder=folder)
        )
    else:
        hint = said("only the release in force counts for visitors; name the tree with --content to work on it")
        yield Finding("content", "doubt", said("%(folder)s holds no definitions.toml", folder=folder), hint)


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

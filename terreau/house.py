"""The composition root: every part of the house, made once from the settings and handed to those who work with it."""

import os
import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

from authoring.blobs import BlobDirectory, Blobs, BlobTable
from authoring.releases import Releases
from base.clock import Clocks
from base.config import Config
from base.keyring import Keys
from base.tokens import Signer
from base.traffic import Traffic
from capture.views import PageViews
from emails.bounce_box import BounceBox
from emails.dkim import Signature, read_signature
from emails.intake import Rules
from emails.maildir import Maildir
from emails.outbox import Sender
from emails.signing import SignedTransport
from emails.smtp import Smtp
from emails.transports import Transport
from leads.imports.importer import Importer
from sales.escalating import ServiceLevel
from sales.handoff import open_hand_off
from sales.notifier import Notifier
from sales.reassigning import Office
from storage.database import Database, StorageUnavailable, open_database
from terreau.virtual import clocks_of
from workflows.engine import Engine

TRANSPORTS: dict[str, Callable[[Config], Transport]] = {"smtp": Smtp, "maildir": Maildir}


@dataclass(frozen=True, slots=True)
class House:
    """What is made once. Nothing in it runs by itself: `terreau.running` sets it in motion."""

    config: Config
    keys: Keys
    database: Database
    blobs: Blobs
    releases: Releases
    clocks: Clocks
    signer: Signer
    engine: Engine
    sender: Sender
    notifier: Notifier
    service: ServiceLevel
    importer: Importer
    bounce_box: BounceBox | None  # None: nothing comes back to a Maildir here
    views: PageViews
    traffic: Traffic

    @classmethod
    def build(
        cls,
        config: Config,
        clocks: Clocks | None = None,
        transport: Transport | None = None,
        database: Database | None = None,
    ) -> Self:
        """Opens the database, whose tables must be there, unless one is given. `clocks`: by default the machine's, with
        the calendar that the database declares; `transport`: by default that of the settings.

        Raises StorageUnavailable when it cannot be reached, KeyUnusable for a key that letters cannot be signed with.
        """
        database = database or open_database(config.database.url, wait_seconds=config.database.wait_seconds)
        clocks = clocks or clocks_of(database)
        keys = config.keys()
        blobs = blobs_of(config, database)
        releases = Releases(database, blobs)
        traffic = Traffic()
        behind = database.behind(traffic.give_way)  # people first, then what can wait
        signer = Signer(keys.signing, clocks.machine)
        transport = transport or transport_of(config)
        name = f"{platform.node()}:{os.getpid()}"
        return cls(
            config=config,
            keys=keys,
            database=database,
            blobs=blobs,
            releases=releases,
            clocks=clocks,
            signer=signer,
            engine=engine_of(config, behind, releases, clocks, keys, name),
            sender=Sender(behind, releases, config, clocks, signer, transport, name),
            notifier=Notifier(behind, config, clocks, name),
            service=ServiceLevel(behind, lambda: office_of(config, keys, releases), clocks),
            importer=Importer(behind, clocks, keys.suppression, config.site.default_locale),
            bounce_box=bounce_box(config, behind, keys, clocks),
            views=PageViews(),
            traffic=traffic,
        )

    def next_due(self) -> datetime | None:
        """The calendar's next instant at which engine or service level have something to do; may be past."""
        ahead = (self.engine.next_due(), self.service.next_due())
        return min((at for at in ahead if at is not None), default=None)

    def leave(self) -> None:
        """Says that nobody works here any more, once the workers are over; else the others find out in a minute."""
        for worker in (self.engine, self.sender, self.notifier):
            with suppress(StorageUnavailable):
                worker.leave()

    def close(self) -> None:
        """Hangs up, writes what is still counted, then lets the database go, its log folded into its file."""
        self.sender.close()
        with suppress(StorageUnavailable):
            self.views.flush(self.database)
        self.database.close()


def engine_of(config: Config, database: Database, releases: Releases, clocks: Clocks, keys: Keys, name: str) -> Engine:
    """What decides; whoever reaches sales is handed over as the settings have it."""
    site, key = config.site, keys.suppression
    hand_off = partial(open_hand_off, base_url=site.base_url, zone=site.timezone)
    batch = config.engine.batch
    return Engine(database, releases, clocks, site.timezone, name, hand_off, batch, suppression_key=key)


def office_of(config: Config, keys: Keys, releases: Releases) -> Office:
    """Where sales is told from, under the release in force. Raises NoRelease."""
    return Office(releases.in_force(), config.site.timezone, config.site.base_url, keys.suppression)


def bounce_box(config: Config, database: Database, keys: Keys, clocks: Clocks) -> BounceBox | None:
    """The mailbox of the settings, where one is named."""
    bounces = config.mail.bounces
    return BounceBox(bounces.maildir, database, Rules(keys.suppression, bounces), clocks) if bounces.maildir else None


def transport_of(config: Config) -> Transport:
    """The way to deliver of the settings, its letters signed where they name a key. Raises KeyUnusable."""
    transport = TRANSPORTS[config.mail.transport](config)
    signature = signature_of(config)
    return transport if signature is None else SignedTransport(transport, signature)


def signature_of(config: Config) -> Signature | None:
    """The key of the settings, read now; None where nothing is signed here. Raises KeyUnusable."""
    dkim = config.dkim
    if dkim.domain is None or dkim.selector is None or dkim.key_file is None:
        return None
    return read_signature(dkim.domain, dkim.selector, dkim.key_file)


def blobs_of(config: Config, database: Database) -> Blobs:
    """Files lie beside an embedded database; with PostgreSQL in a table, which every machine sees."""
    return BlobDirectory(config.data.dir / "blobs") if database.dialect == "sqlite" else BlobTable(database)

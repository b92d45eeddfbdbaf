"""The compiled texts of the house: made at first need, kept in the table `compiled`, at hand in the process by hash."""

import base64
from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy import Connection, select

from authoring.site import Site
from authoring.stored import stored_texts
from emails.alike import alike
from emails.compile import CompiledEmail, carried, compile_email, compile_notification
from emails.layouts import Setting
from emails.shelf import Shelf
from storage.schema import compiled
from storage.upsert import insert_or_ignore


class Press:
    """Safe to share between threads; two may compile the same text at once, with the same result."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._by_text = Shelf()
        self._by_hash = Shelf()

    def compiled(self, site: Site, message: Any) -> CompiledEmail:
        """The text of `message` (its `klass`, `email`, `locale`) in `site`. Raises CompileError, LookupError."""
        if message.klass == "notification":
            return self._take(
                (site.hash, message.email, message.locale),
                lambda: compile_notification(site, message.email, message.locale, self.setting),
            )
        sequence, _, email = message.email.partition("/")
        locale = _spoken(site, sequence, email, message.locale, self.setting.default_locale)
        return self._take(
            (site.hash, sequence, email, locale), lambda: compile_email(site, sequence, email, locale, self.setting)
        )

    def by_hash(self, conn: Connection, hash: str) -> CompiledEmail:
        """The text that a message was frozen with. Raises LookupError when nobody kept it."""
        return self._by_hash.get(hash, lambda: _load(conn, hash))

    def keep(self, conn: Connection, text: CompiledEmail) -> None:
        """Store it, once, for retries on any machine and for the links of mails that are out."""
        insert_or_ignore(
            conn,
            compiled,
            {
                "hash": text.hash,
                "subject": text.subject,
                "html": text.html,
                "text": text.text,
                "links": list(text.links),
                "constants": dict(text.constants),
            },
        )

    def _take(self, key: Hashable, make: Callable[[], CompiledEmail]) -> CompiledEmail:
        text = self._by_text.get(key, make)
        return self._by_hash.get(text.hash, lambda: text)


def _spoken(site: Site, sequence: str, email: str, locale: str, default: str) -> str:
    """The language of the lead if the text has it, else the default's, else any. Raises LookupError without a text."""
    known = alike(site).locales.get((sequence, email))
    if not known:
        raise LookupError(f"the release has no text for `{sequence}/{email}`")
    wanted = (locale, locale.split("-")[0], default, min(known))
    return next(one for one in wanted if one in known)


def _load(conn: Connection, hash: str) -> CompiledEmail:
    row = conn.execute(select(compiled).where(compiled.c.hash == hash)).one_or_none()
    if row is None:
        raise LookupError(f"the compiled text {hash[:12]} is gone")
    stored = stored_texts(conn, [one["hash"] for one in row.constants.get("images", ())])
    images = carried(row.constants, {name: base64.b64decode(text) for name, text in stored.items()})
    return CompiledEmail(row.hash, row.subject, row.html, row.text, tuple(row.links), row.constants, images)

"""Which text a mail is made with: the one in force, unless its author keeps those inside to the one before it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from authoring.models.emails import Email
from authoring.releases import Releases
from authoring.site import Site
from emails.alike import alike
from emails.images import named_in
from storage.database import Database
from storage.schema import enrolments
from storage.schema import releases as releases_table

Key = tuple[str, str, str]  # sequence, email, language


class Texts:
    """One per process; several threads may use it."""

    def __init__(self, database: Database, releases: Releases) -> None:
        self._database, self._releases = database, releases
        self._kept: dict[tuple[int | None, int, str, str], Site] = {}

    def site_for(self, message: Any) -> Site:
        """The site in force, with the text that whoever gets the message shall read."""
        site = self._releases.in_force()
        sequence, _, email = str(message.email).partition("/")
        if (sequence, email) not in alike(site).freezing or message.enrolment_id is None:
            return site
        frozen = {key: text for key, text in site.emails.items() if key[:2] == (sequence, email) and text.freeze}
        since = self._since(message.enrolment_id)
        if since >= (site.release_id or 0):
            return site
        place = (site.release_id, since, sequence, email)
        if place not in self._kept:
            self._kept = {known: kept for known, kept in self._kept.items() if known[0] == site.release_id}
            self._kept[place] = self._with_former(site, frozen, since)
        return self._kept[place]

    def _since(self, enrolment_id: int) -> int:
        """The release under which the lead came in, or whose edit was carried out on them."""
        columns = (enrolments.c.release_id, enrolments.c.edit_release_id)
        with self._database.read() as conn:
            came, moved = conn.execute(select(*columns).where(enrolments.c.id == enrolment_id)).one()
        return int(max(came, moved or 0))

    def _with_former(self, site: Site, frozen: Mapping[Key, Email], since: int) -> Site:
        """The former texts, and the images as they were beside them."""
        emails, images = {**site.emails}, {**site.images}
        for key in frozen:
            if (former := self._former(key, since, site.release_id or 0)) is not None:
                emails[key] = former.emails[key]
                images.update((path, former.images[path]) for path in named_in(former, emails[key].body))
        return replace(site, hash=f"{site.hash}@{since}", emails=emails, images=images)

    def _former(self, key: Key, since: int, current: int) -> Site | None:
        """Where the newest text is that reaches whoever came in at `since`: their own, or a later one that was not
        frozen."""
        between = select(releases_table.c.id).where(releases_table.c.id >= since, releases_table.c.id < current)
        with self._database.read() as conn:
            numbers = list(conn.execute(between.order_by(releases_table.c.id.desc())).scalars())
        for number in numbers:
            site = self._releases.get(number)
            text = site.emails.get(key)
            if text is not None and (not text.freeze or number == since):
                return site
        return None

"""Pages, forms and magnets over a period: opened, sent, taken; read-only, from what was counted day by day."""

from dataclasses import dataclass

from sqlalchemy import Connection

from authoring.site import Site
from leads.tallies import PAGE
from reports.tallies import Counted, Days, by_subject, counted
from reports.views import views


@dataclass(frozen=True, slots=True)
class PageLine:
    """`views` are openings, `before` the same over as many days just before. `written`: it is in the release."""

    name: str
    views: int
    submissions: int
    views_before: int
    submissions_before: int
    written: bool = True


@dataclass(frozen=True, slots=True)
class FormLine:
    name: str
    submissions: int
    before: int
    written: bool = True


@dataclass(frozen=True, slots=True)
class MagnetLine:
    """`delivered`: its mail reached them · `downloaded`: a human opened the file."""

    name: str
    delivered: int
    downloaded: int


@dataclass(frozen=True, slots=True)
class PagesReport:
    days: Days
    pages: tuple[PageLine, ...]  # the most opened first
    forms: tuple[FormLine, ...]
    magnets: tuple[MagnetLine, ...]

    @property
    def views(self) -> int:
        return sum(line.views for line in self.pages)

    @property
    def submissions(self) -> int:
        return sum(line.submissions for line in self.pages)


NAMES = (PAGE, "form_submitted", "asset_delivered", "asset_downloaded")


def pages_report(connection: Connection, site: Site, days: Days) -> PagesReport:
    """Everything of the release in force, and what is gone from it but still counted in those days."""
    found, before = counted(connection, NAMES, days), counted(connection, NAMES, days.before)
    return PagesReport(
        days=days,
        pages=_pages(connection, site, days, found, before),
        forms=_forms(site, found, before),
        magnets=_magnets(site, found),
    )


def _pages(
    connection: Connection, site: Site, days: Days, found: tuple[Counted, ...], before: tuple[Counted, ...]
) -> tuple[PageLine, ...]:
    sent, sent_before = by_subject(found, PAGE), by_subject(before, PAGE)
    names = {*site.pages, *sent}
    seen, seen_before = views(connection, names, days), views(connection, names, days.before)
    lines = [
        PageLine(
            name,
            seen.get(name, 0),
            sent.get(name, 0),
            seen_before.get(name, 0),
            sent_before.get(name, 0),
            name in site.pages,
        )
        for name in names
    ]
    return tuple(sorted(lines, key=lambda line: (not line.written, -line.views, -line.submissions, line.name)))


def _forms(site: Site, found: tuple[Counted, ...], before: tuple[Counted, ...]) -> tuple[FormLine, ...]:
    sent, sent_before = by_subject(found, "form_submitted"), by_subject(before, "form_submitted")
    lines = [
        FormLine(name, sent.get(name, 0), sent_before.get(name, 0), name in site.forms) for name in {*site.forms, *sent}
    ]
    return tuple(sorted(lines, key=lambda line: (not line.written, -line.submissions, line.name)))


def _magnets(site: Site, found: tuple[Counted, ...]) -> tuple[MagnetLine, ...]:
    given, opened = by_subject(found, "asset_delivered"), by_subject(found, "asset_downloaded")
    return tuple(MagnetLine(name, given.get(name, 0), opened.get(name, 0)) for name in sorted(site.magnets))

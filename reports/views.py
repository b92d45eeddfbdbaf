"""How often pages were opened in some days; one question, read-only."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from reports.tallies import Days
from storage.schema import page_views


def views(connection: Connection, pages: Collection[str], days: Days) -> dict[str, int]:
    """Openings of each of `pages`; those that nobody opened are left out."""
    within = (page_views.c.page.in_(sorted(pages)), page_views.c.day >= days.first, page_views.c.day <= days.last)
    summed = select(page_views.c.page, func.sum(page_views.c.views).label("n")).where(*within)
    return {row.page: int(row.n) for row in connection.execute(summed.group_by(page_views.c.page))}

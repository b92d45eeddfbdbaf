"""From days of the site's calendar to instants, and back to months.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from base.calendars import Zone, at_local
from reports.tallies import Days


def instants(days: Days, zone: Zone) -> tuple[datetime, datetime]:
    """The first instant of those days, and the first after them."""
    return at_local(days.first, time(), zone), at_local(days.last + timedelta(days=1), time(), zone)


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def months(first: date, last: date) -> Iterator[date]:
    """The first days of the months from that of `first` to that of `last`."""
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)

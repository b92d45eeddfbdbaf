"""Every report by its name: a question about some days, answered from what was recorded; read-only."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from authoring.site import Site
from base.calendars import Zone
from reports.forecasts import forecast
from reports.handing_over import handoff
from reports.leaks import leaks
from reports.money import costs
from reports.passage import funnel, sources
from reports.precision_report import precision_report
from reports.report import Report
from reports.tallies import Days

Question = Callable[[Connection, Site, Days, Zone], Report]


NAMES = ("funnel", "sources", "costs", "forecast", "handoff", "precision", "leaks")


def questions(now: datetime, whole: bool = False) -> Mapping[str, Question]:
    """{one of NAMES: the question as it is asked at `now`}; `whole`: for a file, which holds more than a page shows."""
    handed, lost = partial(handoff, now=now), partial(leaks, now=now, whole=whole)
    asked = (funnel, sources, costs, forecast, handed, precision_report, lost)
    return dict(zip(NAMES, asked, strict=True))

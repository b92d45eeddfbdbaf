"""What was spent in a period, out of lines that run over days: a line's days share it evenly, to the last hundredth.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Mapping

from authoring.models.costs import Cost
from reports.tallies import Days

FOR_ALL = ""  # what a line is for that names neither


def spent(cost: Cost, days: Days) -> int:
    """The hundredths of that line which fall into those days. Periods side by side add up to the whole line."""
    length = (cost.last - cost.first).days + 1
    before = max(0, min(length, (days.first - cost.first).days))
    until = max(0, min(length, (days.last - cost.first).days + 1))
    return cost.hundredths * until // length - cost.hundredths * before // length


def spent_by(costs: Iterable[Cost], days: Days, what: Callable[[Cost], str | None]) -> Mapping[str, int]:
    """{what the lines are for: hundredths}; FOR_ALL where they do not say."""
    sums: dict[str, int] = {}
    for cost in costs:
        amount = spent(cost, days)
        if amount:
            name = what(cost) or FOR_ALL
            sums[name] = sums.get(name, 0) + amount
    return sums

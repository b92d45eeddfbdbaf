"""Days off: those of twelve countries as other people count them, parts of a country, single days."""

import csv
from datetime import date
from pathlib import Path

import pytest

from base.days_off import NONE, UnknownRegion, days_off, public_holidays

KNOWN = Path(__file__).resolve().parents[3] / "shared" / "data" / "time" / "holidays-2025-2029.csv"


@pytest.mark.skipif(not KNOWN.exists(), reason=f"{KNOWN} is not there")
def test_the_holidays_of_twelve_countries_are_days_off():
    with KNOWN.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    regions = {"-".join(filter(None, (row["country"], row["subdivision"]))) for row in rows}
    for region in sorted(regions):
        country, _, part = region.partition("-")
        named = {row["date"] for row in rows if (row["country"], row["subdivision"]) == (country, part)}
        found = {str(day) for year in range(2025, 2030) for day in public_holidays(region, year)}
        assert found == named, region


@pytest.mark.parametrize(
    ("written", "day", "off"),
    [
        ([], date(2026, 12, 25), False),
        (["FR"], date(2026, 12, 25), True),
        (["FR"], date(2026, 12, 26), False),
        (["FR-57"], date(2026, 12, 26), True),  # Moselle
        (["FR"], date(2026, 12, 24), False),
        (["FR", "2026-12-24"], date(2026, 12, 24), True),
        (["CA-QC", "FR"], date(2026, 6, 24), True),
        (["FR"], date(2099, 7, 14), True),
    ],
)
def test_a_list_holds_regions_and_single_days(written, day, off):
    assert (day in days_off(written)) is off


def test_what_is_no_day_is_no_day_off():
    assert "2026-12-25" not in days_off(["FR"])
    assert date(2026, 12, 25) not in NONE


@pytest.mark.parametrize("region", ["XX", "FR-XX"])
def test_a_region_that_nobody_knows_is_refused(region):
    with pytest.raises(UnknownRegion):
        public_holidays(region, 2026)

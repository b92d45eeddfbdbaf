import pytest

from base.durations import Duration, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("2 days", Duration(2, "day")),
        ("1 day", Duration(1, "day")),
        ("36 hours", Duration(36, "hour")),
        ("3 business days", Duration(3, "business day")),
        ("-1 week", Duration(-1, "week")),
        ("0 minutes", Duration(0, "minute")),
        ("18 months", Duration(18, "month")),
        ("1200 months", Duration(1200, "month")),
    ],
)
def test_a_duration_is_read_as_it_is_said(text, duration):
    assert parse_duration(text) == duration
    assert parse_duration(str(duration)) == duration


@pytest.mark.parametrize(
    "text",
    ["", "2", "days", "2days", "2  days", " 2 days", "2 days ", "+2 days", "2.5 days", "two days", "2 Days", "2 years",
     "1 day 2 hours", "٢ days", "2 business", "2 days\n"],
)  # fmt: skip
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"is not a duration: .* '2 days'"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["1201 months", "-99999999 minutes", "36526 days"])
def test_more_than_a_hundred_years_is_a_slip(text):
    with pytest.raises(ValueError, match="hundred years"):
        parse_duration(text)


def test_before_is_the_opposite_of_after():
    assert -Duration(3, "day") == Duration(-3, "day")

"""Charts: axes from zero in round steps, names that cover nothing, and nothing that a name could break."""

import re

import pytest

from console.charts import WIDTH, Axis, Column, Dot, bar, columns, scatter, ticks


@pytest.mark.parametrize(
    ("most", "about", "expected"),
    [
        (0, 4, [0, 1]),
        (1, 4, [0, 1]),
        (3, 4, [0, 1, 2, 3]),
        (9, 4, [0, 5, 10]),
        (33, 3, [0, 20, 40]),
        (95, 4, [0, 50, 100]),
        (402, 4, [0, 200, 400, 600]),
        (1_000_000, 4, [0, 500_000, 1_000_000]),
    ],
)
def test_levels_are_round_begin_at_zero_and_reach_the_most(most, about, expected):
    assert ticks(most, about) == expected
    assert expected[-1] >= most


def test_a_bar_ends_at_its_percent_and_remembers_before():
    assert 'width="42.5"' in bar(42.5, "v")
    assert 'class="was"' not in bar(42.5, "v")
    assert 'x="80.00"' in bar(42.5, "v", 80)
    assert 'width="100"' in bar(140, "v", 140)


def test_columns_stand_on_zero_and_the_highest_is_the_most():
    drawn = columns([Column("a", 0), Column("b", 5, "b: 5"), Column("", 10)], "Three weeks", str)
    heights = [float(high) for high in re.findall(r'class="v"[^>]* height="([\d.]+)"', drawn)]
    assert heights[0] == 0
    assert heights[2] == pytest.approx(2 * heights[1])
    assert "<title>b: 5</title>" in drawn
    assert drawn.count("<text") == 2 + 3  # two names; three levels: 0, 5, 10


def _text_boxes(drawn):
    for kind, x, y, words in re.findall(
        r'<text(?: class="([^"]*)")? x="([-\d.]+)" y="([-\d.]+)">([^<]*)</text>', drawn
    ):
        wide = len(words) * 6.3
        left = float(x) - (wide if "end" in kind else wide / 2 if "mid" in kind.split() else 0)
        yield words, (left, float(y) - 10, left + wide, float(y) + 3)


def test_names_stay_in_the_room_and_apart_from_each_other():
    dots = [Dot(f"Source number {number}", 10 + 9 * number, 4 + 3 * number) for number in range(6)]
    drawn = scatter(dots, Axis("leads", str), Axis("share", str), (11, "average 11"), "Sources")
    boxes = [box for words, box in _text_boxes(drawn) if words.startswith(("Source", "average"))]
    assert len(boxes) == 7
    for number, one in enumerate(boxes):
        assert one[0] >= 0
        assert one[2] <= WIDTH + 10
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


def test_what_people_wrote_is_text_in_a_chart():
    evil = '"><script>alert(1)</script>'
    drawn = scatter([Dot(evil, 1, 1)], Axis(evil, str), Axis(evil, str), (1, evil), evil)
    drawn += columns([Column(evil, 1, evil)], evil, str) + bar(1, evil)
    assert "<script" not in drawn
    assert drawn.count("&lt;script&gt;") >= 6

"""The stem: which way lies in which lane, and ribbons that meet, part and end where the steps say so."""

import re
import tomllib
from itertools import pairwise

import pytest

from authoring.models.sequences import Sequence
from console.flow import END, LANES, THINNEST, Passed, stem, ways_on

HEAD = 'title = "T"\ntopic = "tips"\nsender = "ines"\ntrigger = [{ form = "guide" }]\n'
PATH = re.compile(r'<path( class="side")? d="([^"]+)"/>')


def sequence(*steps):
    return Sequence.model_validate({**tomllib.loads(HEAD), "step": [tomllib.loads(step) for step in steps]})


def mail(name, more=""):
    return f'id = "{name}"\nemail = "{name}"\n{more}'


def branch(name, to, otherwise=None):
    other = f', otherwise = "{otherwise}"' if otherwise else ""
    return f'id = "{name}"\nbranch = {{ case = [{{ when = {{ tag = "x" }}, to = "{to}" }}]{other} }}'


def jump(name, to):
    return f'id = "{name}"\njump = "{to}"'


TWO_WAYS = sequence(
    mail("one"), branch("fork", "warm", "cold"), mail("warm"), jump("join", "last"), mail("cold"), mail("last")
)


def lanes_of(one, counts=None):
    return [(row.kind, row.step.id if row.step else "", row.lane) for row in stem(one, 10, counts or {}).rows]


def paths(row):
    """(is beside, numbers) of each ribbon of a row."""
    return [
        (bool(side), [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", line)])
        for side, line in PATH.findall(row.drawing)
    ]


def test_a_plain_sequence_is_one_lane_with_a_row_for_each_wait_and_act():
    plain = sequence(mail("one"), mail("two", 'wait = "2 days"'), 'id = "rest"\nwait = "1 day"')
    assert lanes_of(plain) == [
        ("entry", "", 0), ("act", "one", 0), ("wait", "two", 0), ("act", "two", 0), ("wait", "rest", 0), ("end", "", 0),
    ]  # fmt: skip
    assert stem(plain, 10, {}).lanes == 1


def test_the_way_to_the_next_step_stays_and_the_other_steps_aside_until_they_meet():
    assert lanes_of(TWO_WAYS) == [
        ("entry", "", 0), ("act", "one", 0), ("act", "fork", 0), ("act", "warm", 0), ("act", "join", 0),
        ("act", "cold", 1), ("act", "last", 0), ("end", "", 0),
    ]  # fmt: skip
    assert stem(TWO_WAYS, 10, {}).lanes == 2


def test_people_who_stand_before_a_step_without_a_wait_get_a_row_of_their_own():
    rows = lanes_of(sequence(mail("one")), {"one": Passed(3, inside=2)})
    assert rows == [("entry", "", 0), ("wait", "one", 0), ("act", "one", 0), ("end", "", 0)]


@pytest.mark.parametrize(
    ("step", "ways"),
    [
        (mail("one"), ("last",)),
        (jump("one", "last"), ("last",)),
        (branch("one", "last"), ("last",)),
        (branch("one", "end", "last"), ("end", "last")),
        ('id = "one"\nexit = "enough"', ()),
        ('id = "one"\nwait_for = { when = { tag = "x" }, timeout = "2 days" }', ("last",)),
        ('id = "one"\nwait_for = { when = { tag = "x" }, timeout = "2 days", on_timeout = "end" }', ("last", "end")),
        ('id = "one"\nwait_for = { when = { tag = "x" }, timeout = "2 days", on_timeout = "exit" }', ("last",)),
    ],
)
def test_where_a_step_may_lead(step, ways):
    written = sequence(step, mail("last"), mail("end"))
    assert ways_on(written, written.step[0]) == ways
    assert ways_on(written, written.step[-1]) == (END,)


def test_the_width_is_people_and_nobody_is_a_thread():
    rows = stem(sequence(mail("one"), mail("two")), 40, {"one": Passed(40), "two": Passed(0)}).rows
    [[left, right]], [[thin_left, thin_right]] = intervals(rows[1], 100), intervals(rows[2], 100)
    assert right - left == pytest.approx(LANES[1][1], abs=0.2)
    assert thin_right - thin_left == pytest.approx(THINNEST, abs=0.2)


def intervals(row, y):
    """What is covered at that height, touching pieces joined, to a tenth."""
    found = []
    for _, n in paths(row):
        found += [(n[0], n[13])] * (n[1] == y) + [(n[6], n[8])] * (n[7] == y)
    joined = []
    for left, right in sorted(found):
        if joined and left <= joined[-1][1] + 0.2:
            joined[-1][1] = max(right, joined[-1][1])
        else:
            joined.append([left, right])
    return joined


@pytest.mark.parametrize("people", [0, 1, 90])
def test_each_row_begins_where_the_row_above_ended(people):
    """No stream jumps aside between two rows: what is at the foot of one is at the head of the next."""
    shares = {"one": (90, 0), "fork": (88, 0), "warm": (20, 3), "join": (17, 0), "cold": (60, 5), "last": (70, 2)}
    counts = {step: Passed(people * passed // 90, people * here // 90) for step, (passed, here) in shares.items()}
    rows = stem(TWO_WAYS, people, counts).rows
    for above, below in pairwise(rows[:-1]):
        if above.step is None or above.kind == "wait" or below.kind == "wait":
            assert len(intervals(above, 100)) == len(intervals(below, 0))
        assert intervals(below, 0)
        for (left, right), (left_below, right_below) in zip(intervals(above, 100), intervals(below, 0), strict=True):
            assert (left + right) / 2 == pytest.approx((left_below + right_below) / 2, abs=0.5)


def test_ribbons_that_share_a_lane_lie_side_by_side():
    counts = {"one": Passed(90), "fork": Passed(90), "warm": Passed(30), "join": Passed(30), "cold": Passed(60)}
    cold = next(row for row in stem(TWO_WAYS, 90, counts).rows if row.step and row.step.id == "cold")
    (_, bending), (_, passing) = sorted(paths(cold), key=lambda one: not one[0])
    one, other = sorted([(bending[6], bending[8]), (passing[6], passing[8])])
    assert one[1] <= other[0] + 0.2


def test_an_exit_runs_out_and_what_follows_is_reached_by_its_own_way():
    leaves = sequence(branch("fork", "stay", "out"), 'id = "out"\nexit = "enough"', mail("stay"))
    assert lanes_of(leaves) == [
        ("entry", "", 0),
        ("act", "fork", 0),
        ("act", "out", 0),
        ("act", "stay", 1),
        ("end", "", 1),
    ]


def test_many_ways_share_the_last_lane():
    steps = [mail(f"m{number}") for number in range(6)]
    cases = ", ".join(f'{{ when = {{ tag = "x" }}, to = "m{number}" }}' for number in range(6))
    wide = sequence(f'id = "fork"\nbranch = {{ case = [{cases}] }}', *[part for one in steps for part in (one,)])
    drawn = stem(wide, 10, {})
    assert drawn.lanes == max(LANES)
    assert {row.lane for row in drawn.rows} <= set(range(drawn.lanes))


def test_the_example_is_drawn_with_numbers_only(site):
    for written in site.sequences.values():
        for row in stem(written, 7, {step.id: Passed(5, 1) for step in written.step}).rows:
            assert "nan" not in row.drawing
            assert re.fullmatch(
                r'<svg class="flow"[^<>]*>(<path( class="side")? d="[MHVCZ0-9 .-]+"/>)*</svg>', row.drawing
            )

"""The faults that are put in, and that whoever looks for them is there."""

import importlib

import pytest

from tests.mutation.__main__ import CHECKOUT, MODULES
from tests.mutation.mutants import mutants


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        ("return a < 1", ["a <= 1", "2", "return None"]),
        ("return a and not b", ["a or not b", "b", "return None"]),
        ("return min(a, -1)", ["max(a, -1)", "1", "2", "return None"]),
        ("return replace(a, b=1)", ["replace(a)", "2", "return None"]),
        ("if a.b: a += 1", ["if not a.b:", "pass", "2"]),
        ('return f"{a} is late"', ["return None"]),
        ('"""What it is for."""', []),
    ],
)
def test_a_line_may_go_wrong_in_these_ways(written, faults):
    """Each is told by what stands there instead of its own part of the line; constants outside functions stay."""
    found = [mutant.after for mutant in mutants(f"LEFT_ALONE = 1\n\ndef f(a: int = 0):\n    {written}\n")]
    assert sorted(found) == sorted(faults)


@pytest.mark.parametrize("module", MODULES)
def test_the_tests_of_a_module_are_there(module):
    assert importlib.import_module(module)
    assert [test for test in MODULES[module] if not (CHECKOUT / "tests" / test).exists()] == []

import pytest

from base.problems import Problem, did_you_mean
from base.saying import said


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Problem("a.toml", 3, 7, "error", said("unknown key `wiat`"), said("did you mean `wait`?")),
         "a.toml:3:7: unknown key `wiat` (did you mean `wait`?)"),
        (Problem("a.toml", 3, 7, "warning", said("never reached")), "a.toml:3:7: never reached"),
        (Problem("a.toml", 0, 0, "error", said("this is not UTF-8 text")), "a.toml: this is not UTF-8 text"),
    ],
)  # fmt: skip
def test_a_problem_is_one_sentence_that_says_where(problem, sentence):
    assert problem.sentence() == sentence


def test_problems_stand_in_the_order_of_the_file():
    later, first = Problem("a", 10, 1, "error", said("b"), said("hint")), Problem("a", 9, 80, "error", said("z"))
    same_place = Problem("a", 10, 1, "error", said("b"))
    assert sorted([later, same_place, first]) == [first, same_place, later]


def test_a_problem_can_be_told_to_a_machine():
    problem = Problem("a.toml", 3, 7, "error", said("wrong"), None)
    assert problem.as_json() == {
        "file": "a.toml", "line": 3, "column": 7, "severity": "error", said("message"): "wrong", "hint": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "hint"), [("timezon", "did you mean `timezone`?"), ("zzz", None), ("locale", "did you mean `locales`?")]
)
def test_the_nearest_known_word_is_offered(word, hint):
    assert did_you_mean(word, {"timezone", "locales", "base_url"}) == hint

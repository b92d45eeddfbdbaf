"""An edit of a sequence, for those inside: a table of what was edited, what they do, and what has to be chosen."""

import tomllib
from dataclasses import replace

import pytest

from authoring.editing import Adoption, Move, edits_of, next_that_stays
from authoring.load import load_site, version_of
from authoring.models.sequences import Sequence
from authoring.pinned import Version
from authoring.renames import StepEdit, keys_changed, renamed, step_edits

STEPS = """
[[step]]
id = "first"
email = "first"

[[step]]
id = "second"
wait = "2 days"
email = "second"

[[step]]
id = "end"
exit = "done"
"""
ADOPT = 'on_edit = "adopt"\n'


def sequence(steps: str, keys: str = "") -> Sequence:
    head = 'title = "Welcome"\ntopic = "advice"\nsender = "chloe"\ntrigger = [{ form = "guide" }]\n'
    return Sequence.model_validate(tomllib.loads(head + keys + steps))


@pytest.fixture
def edits(good_tree):
    """`edits(old, new, choices)`: what the edit does to those inside; `new` None deletes the sequence."""
    site, _ = load_site(good_tree)

    def of(old, new, choices=None, without=()):
        former = replace(site, sequences={"welcome": old}, versions={"welcome": version_of(old)})
        texts = {key: text for key, text in site.emails.items() if key[1] not in without}
        named = {} if new is None else {"welcome": new}
        after = replace(site, sequences=named, versions={n: version_of(s) for n, s in named.items()}, emails=texts)
        return edits_of([Version(version_of(old), "welcome", old)], after, former, choices or {})

    return of


def moves(found):
    return {step: (move.how, move.to) for one in found.adoptions for step, move in one.moves.items()}


LONGER = STEPS.replace("2 days", "5 days")
RENAMED = STEPS.replace('id = "second"', 'id = "deuxieme"')
SHORT = STEPS.replace('[[step]]\nid = "second"\nwait = "2 days"\nemail = "second"\n', "")


def test_those_inside_stay_in_the_version_they_entered_unless_the_file_says_adopt(edits):
    assert edits(sequence(STEPS), sequence(LONGER)).adoptions == ()
    found = edits(sequence(STEPS), sequence(LONGER, ADOPT))
    assert moves(found) == {step: ("adopt", step) for step in ("first", "second", "end")}
    assert [one.to_version for one in found.adoptions] == [version_of(sequence(LONGER, ADOPT))]
    assert found.cases == ()


def test_the_same_version_moves_nobody(edits):
    assert edits(sequence(STEPS, ADOPT), sequence(STEPS, ADOPT)).adoptions == ()


def test_a_deleted_step_asks_for_a_choice_and_names_the_step_that_it_may_be_now(edits):
    [case] = edits(sequence(STEPS), sequence(RENAMED, ADOPT)).cases
    assert (case.step, case.renamed, case.choices) == ("second", "deuxieme", ("pin", "adopt", "next", "exit"))
    assert case.why == "the step `second` is gone"
    [case] = edits(sequence(STEPS), sequence(SHORT, ADOPT)).cases
    assert (case.step, case.renamed, case.choices) == ("second", None, ("pin", "next", "exit"))


@pytest.mark.parametrize(
    ("chosen", "move"),
    [("pin", ("pin", None)), ("adopt", ("adopt", "deuxieme")), ("next", ("next", "end")), ("exit", ("exit", None))],
)
def test_a_choice_decides_the_case(edits, chosen, move):
    for step in ("second", None):
        found = edits(sequence(STEPS), sequence(RENAMED, ADOPT), {("welcome", step): chosen})
        assert found.cases == ()
        assert moves(found) == {"first": ("adopt", "first"), "second": move, "end": ("adopt", "end")}


def test_a_choice_that_is_not_open_decides_nothing(edits):
    found = edits(sequence(STEPS), sequence(SHORT, ADOPT), {("welcome", "second"): "adopt"})
    assert [case.step for case in found.cases] == ["second"]


def test_a_pinned_version_whose_text_is_gone_asks_at_every_step_that_leads_there(edits):
    found = edits(sequence(STEPS), sequence(SHORT), without=("second",))
    assert [case.step for case in found.cases] == ["first", "second"]
    assert "emails/welcome/second.en.md: the file is gone" in found.cases[0].why
    assert {step for lack in found.lacks for step in lack.steps} == {"first", "second"}
    chosen = {("welcome", "first"): "adopt", ("welcome", "second"): "next"}
    found = edits(sequence(STEPS), sequence(SHORT), chosen, without=("second",))
    assert (moves(found), found.cases) == ({"first": ("adopt", "first"), "second": ("next", "end")}, ())
    assert {step for lack in found.lacks for step in lack.steps} == set()


def test_a_sequence_that_is_gone_can_only_be_left(edits):
    found = edits(sequence(STEPS), None)
    assert {case.choices for case in found.cases} == {("exit",)}
    found = edits(sequence(STEPS), None, {("welcome", None): "exit"})
    assert found.cases == ()
    [one] = found.adoptions
    assert isinstance(one, Adoption)
    assert (one.to_version, set(one.moves.values())) == (None, {Move("exit")})


def test_the_author_may_choose_for_a_step_that_needs_no_choice(edits):
    assert moves(edits(sequence(STEPS), sequence(LONGER), {("welcome", "second"): "adopt"})) == {
        "second": ("adopt", "second")
    }
    assert moves(edits(sequence(STEPS), sequence(LONGER), {("welcome", None): "adopt"})) == {}


def test_next_is_the_first_step_below_that_stays_under_whatever_name():
    old, new = sequence(STEPS), sequence(RENAMED)
    assert next_that_stays(old, "first", new) == "deuxieme"
    assert next_that_stays(old, "end", new) is None


def test_what_became_of_each_step_is_told():
    edited = sequence(
        STEPS.replace('id = "first"\nemail = "first"', 'id = "hello"\nemail = "first"').replace("2 days", "5 days")
        + '\n[[step]]\nid = "tag"\nset.add_tags = ["read"]\n'
    )
    assert list(step_edits(sequence(STEPS), edited)) == [
        StepEdit("hello", "renamed", "first", "hello"),
        StepEdit("second", "changed", "wait 2 days", "wait 5 days"),
        StepEdit("tag", "added", now="set add_tags read"),
    ]
    assert list(step_edits(sequence(STEPS), sequence(SHORT))) == [
        StepEdit("second", "deleted", "wait 2 days, email second")
    ]


def test_of_an_order_that_changed_the_fewest_steps_have_moved():
    first, second, end = STEPS.split("[[step]]")[1:]
    moved = sequence("".join(f"[[step]]{one}" for one in (second, end, first)))
    assert list(step_edits(sequence(STEPS), moved)) == [StepEdit("first", "moved")]


@pytest.mark.parametrize(
    ("wrote", "now"),
    [
        ('id = "deux"\nwait = "2 days"\nemail = "second"', {"second": "deux"}),  # says the same
        ('id = "deux"\nwait = "9 days"\nemail = "second"', {"second": "deux"}),  # sends the same mail
        ('id = "deux"\nwait = "9 days"\nemail = "first"', {"second": "deux"}),  # in its place, a mail too
        ('id = "deux"\nset.add_tags = ["x"]', {}),
    ],
)
def test_a_renamed_step_is_recognised_by_what_it_does(wrote, now):
    new = STEPS.replace('id = "second"\nwait = "2 days"\nemail = "second"', wrote)
    assert renamed(sequence(STEPS), sequence(new)) == now


def test_what_changed_of_the_sequence_itself_is_named_by_its_keys():
    assert keys_changed(sequence(STEPS), sequence(STEPS, ADOPT + "priority = 60\n")) == ["priority", "on_edit"]

"""A release names the files it adds, changes and removes; of many, the first ten and how many more."""

from terreau.changes import Change, changes


def test_each_file_is_named_under_what_became_of_it():
    found = changes({"a": "1", "b": "1", "c": "1"}, {"b": "1", "c": "2", "d": "1"})
    assert found == (Change("added", ("d",)), Change("changed", ("c",)), Change("removed", ("a",)))
    assert changes({"a": "1"}, {"a": "1"}) == changes({}, {"a": "1"}) == ()


def test_of_many_files_the_first_ten_are_named():
    said = Change("changed", tuple(f"f{number:02}" for number in range(13))).sentence
    assert said.startswith("  changed: f00, f01,")
    assert said.endswith(", f09 and 3 more")

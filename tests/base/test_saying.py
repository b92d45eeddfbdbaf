"""A sentence is English text, and knows how to be said in French, with all that was filled in."""

import copy
import pickle

from base.problems import Problem
from base.saying import either, said, said_n
from base.translations import translator

FRENCH = translator("fr")


def test_a_sentence_is_english_text_and_is_said_in_french():
    sentence = said("there is no form `%(name)s`", name="guide")
    assert sentence == "there is no form `guide`"
    assert sentence.by(FRENCH) == "il n'y a pas de formulaire `guide`"
    assert sentence.by(translator("en")) == sentence


def test_what_is_filled_in_is_said_in_the_same_language():
    inner = said("at least %(least)s", least=2)
    sentence = said(
        "%(label)s should be %(expected)s, but it is %(got)s", label="`a`", expected=inner, got=said("empty")
    )
    assert sentence == "`a` should be at least 2, but it is empty"
    assert sentence.by(FRENCH) == "`a` devrait être au moins 2, mais c'est vide"


def test_a_count_takes_the_form_of_its_language():
    one, many = "%(why)s, and %(count)s lead stands there", "%(why)s, and %(count)s leads stand there"
    assert said_n(one, many, 1, why="x") == "x, and 1 lead stands there"
    assert said_n(one, many, 2, why="x") == "x, and 2 leads stand there"
    assert said_n(one, many, 0, why="x").by(FRENCH) == "x, et 0 lead s'y trouve"
    assert said_n(one, many, 2, why="x").by(FRENCH) == "x, et 2 leads s'y trouvent"


def test_alternatives_are_joined_as_people_say_them():
    assert either(["a"]) == "a"
    assert either(["a", "b", "c"]) == "a, b or c"
    assert said("expected %(expected)s", expected=either(["a", "b", "c"])).by(FRENCH) == "attendu : a, b ou c"


def test_a_per_cent_sign_or_a_brace_of_an_author_stays_as_it_is():
    assert (
        said("there is no form `%(name)s`", name="%(name)s {x}").by(FRENCH)
        == "il n'y a pas de formulaire `%(name)s {x}`"
    )


def test_a_copy_of_a_problem_is_the_same_problem():
    problem = Problem("a.toml", 1, 2, "error", said("there is no form `%(name)s`", name="x"), said("leave it out"))
    for copied in (copy.deepcopy(problem), pickle.loads(pickle.dumps(problem))):
        assert copied == problem
        assert copied.sentence(FRENCH) == "a.toml:1:2: il n'y a pas de formulaire `x` (laissez-le de côté)"

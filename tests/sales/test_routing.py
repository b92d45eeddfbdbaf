"""Routing: the first rule that finds somebody who is there, turns by weight that nobody can call unfair, and why."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.models.hand_off import Absence, Rep, Route
from base.translations import translator
from leads.facts import Facts, Lead, Standing
from sales.routing import ASSIGNED, EVERYBODY, FALLBACK, FORM, LATE, OWNER, ROUTE, WHY, Routed, find, turn, why
from sales.wording import Voice

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
ZONE = "Europe/Paris"


def rep(name, weight=1, **more):
    return Rep(id=name, name=name.title(), email=f"{name}@lumen.example", weight=weight, **more)


def route(name, when, *reps):
    return Route.model_validate({"id": name, "label": {"fr": f"Règle {name}", "en": f"Rule {name}"}, "when": when,
                                 "reps": list(reps)})  # fmt: skip


ROUTES = [
    route("lyon", {"field": "postal_code", "starts_with": ["69", "01"]}, "ada"),
    route("belgium", {"field": "country", "in": ["BE", "LU"]}, "bob", "chloe"),
    route("agencies", {"persona": "agence"}, "chloe"),
    route("health", {"field": "sector", "is": "health"}, "dan"),
]
REPS = [rep("ada"), rep("bob", 2), rep("chloe"), rep("dan", 0)]


@pytest.fixture
def definitions(site):
    return site.definitions.model_copy(
        update={
            "hand_off": site.definitions.hand_off.model_copy(update={"reps": REPS, "routes": ROUTES, "fallback": "dan"})
        }
    )


def facts(site, persona=None, owner=None, **fields):
    standing = replace(Standing.fresh(site, NOW), persona=persona)
    return Facts(Lead(7, fields=fields, owner=owner), standing, frozenset(), (), ZONE)


def found(site, definitions, *, promised=None, away=(), persona=None, owner=None, **fields):
    one = find(facts(site, persona, owner, **fields), definitions, promised, frozenset(away), NOW)
    return one.by, one.name, [rep.id for rep in one.reps], list(one.away)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"postal_code": "69003"}, (ROUTE, "lyon", ["ada"], [])),
        ({"postal_code": " 01000"}, (ROUTE, "lyon", ["ada"], [])),
        ({"postal_code": 69003}, (ROUTE, "lyon", ["ada"], [])),
        ({"postal_code": "75069"}, (EVERYBODY, "", ["ada", "bob", "chloe"], [])),
        ({"country": "be"}, (ROUTE, "belgium", ["bob", "chloe"], [])),
        ({"persona": "agence"}, (ROUTE, "agencies", ["chloe"], [])),
        ({"country": "LU", "persona": "agence"}, (ROUTE, "belgium", ["bob", "chloe"], [])),  # from the top
        ({}, (EVERYBODY, "", ["ada", "bob", "chloe"], [])),
        # by name: weight 0 takes no turns, and is found all the same
        ({"owner": "dan", "country": "BE"}, (OWNER, "", ["dan"], [])),
        ({"promised": ("demo", "bob"), "owner": "ada"}, (FORM, "demo", ["bob"], [])),
        ({"owner": "somebody who left"}, (EVERYBODY, "", ["ada", "bob", "chloe"], [])),
        # a route whose only rep takes no turns is passed over
        ({"sector": "health"}, (EVERYBODY, "", ["ada", "bob", "chloe"], [])),
        # who is away
        ({"country": "BE", "away": ["bob"]}, (ROUTE, "belgium", ["chloe"], ["bob"])),
        ({"postal_code": "69003", "away": ["ada"]}, (EVERYBODY, "", ["bob", "chloe"], ["ada"])),
        ({"owner": "ada", "away": ["ada"], "country": "BE"}, (ROUTE, "belgium", ["bob", "chloe"], ["ada"])),
        ({"promised": ("demo", "bob"), "away": ["bob"], "owner": "ada"}, (OWNER, "", ["ada"], ["bob"])),
        ({"away": ["ada", "bob", "chloe"]}, (FALLBACK, "", ["dan"], ["ada", "bob", "chloe"])),
        ({"away": ["ada", "bob", "chloe", "dan"]}, (FALLBACK, "", ["dan"], ["ada", "bob", "chloe"])),
    ],
)
def test_the_first_rule_that_finds_somebody_who_is_there_has_the_lead(site, definitions, about, expected):
    assert found(site, definitions, **about) == expected


def test_without_a_fallback_the_first_rep_of_the_file_has_what_nobody_is_there_for(site, definitions):
    chosen = definitions.hand_off.model_copy(update={"fallback": None})
    alone = definitions.model_copy(update={"hand_off": chosen})
    assert found(site, alone, away=["ada", "bob", "chloe", "dan"])[:3] == (FALLBACK, "", ["ada"])


WEIGHTS = st.lists(st.integers(1, 9), min_size=1, max_size=6)


@given(WEIGHTS, st.integers(1, 200))
def test_nobody_is_ever_a_whole_lead_above_their_share_and_a_full_round_is_exact(weights, leads):
    reps = [rep(f"rep-{number}", weight) for number, weight in enumerate(weights)]
    credit, given_to, whole = {}, Counter(), sum(weights)
    for number in range(1, leads + 1):
        chosen, credit = turn(reps, credit)
        given_to[chosen.id] += 1
        for one in reps:
            assert given_to[one.id] < Fraction(number * one.weight, whole) + 1
            if number % whole == 0:
                assert given_to[one.id] * whole == number * one.weight
    assert sum(credit.values()) == 0


@given(WEIGHTS.filter(lambda weights: len(weights) > 1), st.integers(0, 60), st.integers(1, 60))
def test_who_was_away_is_not_flooded_on_their_return(weights, before, absent):
    """What they get in the first round after it is at most one more than their share of it."""
    reps = [rep(f"rep-{number}", weight) for number, weight in enumerate(weights)]
    credit = {}
    for _ in range(before):
        _, credit = turn(reps, credit)
    for _ in range(absent):
        _, credit = turn(reps[1:], credit)
    back = Counter()
    for _ in range(sum(weights)):
        chosen, credit = turn(reps, credit)
        back[chosen.id] += 1
    assert back[reps[0].id] <= reps[0].weight + 1


@given(WEIGHTS, st.integers(1, 50))
def test_the_same_turns_come_from_the_same_credit(weights, leads):
    reps = [rep(f"rep-{number}", weight) for number, weight in enumerate(weights)]

    def play():
        credit, chosen = {}, []
        for _ in range(leads):
            one, credit = turn(reps, credit)
            chosen.append(one.id)
        return chosen

    assert play() == play()


def test_weights_of_two_and_one_are_shared_out_evenly():
    reps, credit, order = [rep("ada", 2), rep("bob", 1)], {}, ""
    for _ in range(6):
        one, credit = turn(reps, credit)
        order += one.id[0]
    assert order == "abaaba"


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("by", sorted(WHY))
def test_every_reason_is_a_sentence_in_both_languages(site, definitions, by, locale):
    whole = replace(site, definitions=definitions)
    name = {FORM: "demo", ROUTE: "belgium", LATE: "Chef"}.get(by, "")
    routed = Routed("bob", by, name, ("ada",), "Nadia", "Parle flamand")
    told = why(routed, Voice(whole, locale, ZONE))
    assert "Bob" in told
    assert "Ada" in told
    assert "%(" not in told
    if by == ROUTE:
        assert {"fr": "Règle belgium", "en": "Rule belgium"}[locale] in told
    if by == ASSIGNED:
        assert "Parle flamand" in told
    assert (translator("fr").gettext(WHY[by], rep="", name="", by="", reason="") != WHY[by]) or locale == "en"


def test_what_is_kept_is_read_again():
    routed = Routed("bob", ROUTE, "belgium", ("ada",))
    assert Routed.read(routed.as_json()) == routed


def test_an_absence_ends_after_it_begins():
    with pytest.raises(ValueError, match="before it begins"):
        Absence.model_validate({"from": "2026-12-24", "to": "2026-12-23"})

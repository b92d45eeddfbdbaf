"""What authors may write in a mail, and the sentence they read when they may not."""

import json

import pytest

from emails.expressions import problems_in
from emails.readings import Place
from emails.scope import Scope

SCOPE = Scope(
    values=frozenset(
        {"lead.first_name", "lead.company", "lead.email", "lead.fields.sector", "house.name", "magnet_url"}
    ),
    lists=frozenset({"lead.tags"}),
    optional=frozenset({"lead.first_name", "lead.company", "lead.fields.sector"}),
)
PLACE = Place("emails/conseils/un.fr.md", 6, 1)

ACCEPTED = [
    "Bonjour",
    '{{ lead.first_name or "vous" }}',
    "Bonjour{% if lead.first_name %} {{ lead.first_name }}{% endif %},",
    '{% if lead.fields.sector == "cuisine" and not lead.company %}a{% elif house.name != "x" %}b{% else %}c{% endif %}',
    '{{ lead.company|default("votre atelier")|upper }}',
    '{{ lead.tags|join(", ") }}',
    "{% for tag in lead.tags %}{{ tag }}{% endfor %}",
    "{{ magnet_url }}",
    "{# a note #}",
]


@pytest.mark.parametrize("source", ACCEPTED)
def test_what_a_letter_needs_is_accepted(source):
    assert problems_in(source, SCOPE, PLACE) == []


REFUSED = {
    "{{ lead.frist_name }}": "6:4: nothing is called `lead.frist_name` in a mail (did you mean `lead.first_name`?)",
    "a\n  {{ nobody }}": "7:6: nothing is called `nobody` in a mail",
    "{{ lead.first_name.upper() }}": "6:1: a call is not for mails",
    "{{ lead.first_name.upper }}": "6:4: nothing is called `lead.first_name.upper` in a mail",
    "{{ lead.first_name[0] }}": "6:1: a lookup with brackets is not for mails",
    "{{ lead.first_name[0:2] }}": "6:1: a lookup with brackets is not for mails",
    "{{ 'a' * 10**9 }}": "6:1: arithmetic is not for mails",
    "{{ 1 + 1 }}": "6:1: arithmetic is not for mails",
    "{{ lead.email ~ house.name }}": "6:1: `~` is not for mails",
    "{{ 'a' if lead.email else 'b' }}": "6:1: `… if … else …` inside `{{ }}` is not for mails",
    "{{ lead.email is defined }}": "6:1: `is` is not for mails",
    "{{ lead.email in lead.tags }}": "6:1: `in` is not a comparison of mails",
    "{{ ['a'] }}": "6:1: a list is not for mails",
    "{{ {'a': 1} }}": "6:1: a dict is not for mails",
    "{{ lead.email|attr('x') }}": "6:15: there is no filter `attr`",
    "{{ lead.email|uper }}": "6:15: there is no filter `uper` (did you mean `upper`?)",
    "{{ lead.email|truncate(lead.email) }}": "6:15: `truncate` takes plain values",
    "{% set x = 1 %}": "6:4: `set` is not for mails",
    "{% include 'x' %}": "6:4: `include` is not for mails",
    "{% macro x() %}{% endmacro %}": "6:4: `macro` is not for mails",
    "{% raw %}{{ x }}{% endraw %}": "6:4: `raw` is not for mails",
    "{%- if lead.email %}{% endif %}": "6:1: white space is kept as it is written",
    "{% for x in house.name %}{% endfor %}": "6:13: a loop runs over a declared list only",
    "{% for a in lead.tags %}{% for b in lead.tags %}{% endfor %}{% endfor %}": "6:4: a loop is `for … in …`",
    "{% for lead in lead.tags %}{% endfor %}": "6:8: `lead` has a meaning already",
    "{{ lead.tags }}": "6:4: `lead.tags` is a list",
    "{{ lead }}": "6:4: nothing is called `lead` in a mail",
    "{{ loop.index }}": "6:4: nothing is called `loop.index` in a mail",
    "{{ self }}": "6:4: nothing is called `self` in a mail",
    "é {{ cycler }}": "6:6: nothing is called `cycler` in a mail",
    "{% if lead.email %}": "6:1: this expression cannot be read",
    "{{ }}": "6:1: this expression cannot be read",
    "{{ " + "(" * 500 + "1" + ")" * 500 + " }}": "6:1: this text, or one of its expressions, is longer than any letter",
    "{% if lead.email %}" * 300 + "{% endif %}" * 300: "6:1: this text, or one of its expressions, is longer",
}


@pytest.mark.parametrize("source", REFUSED)
def test_anything_else_is_refused_where_it_stands(source):
    found = problems_in(source, SCOPE, PLACE)
    assert found
    assert found[0].sentence().startswith(f"emails/conseils/un.fr.md:{REFUSED[source]}")
    assert found[0].severity == "error"


def test_an_answer_that_may_be_empty_is_only_a_warning():
    (found,) = problems_in("Bonjour {{ lead.first_name }},", SCOPE, PLACE)
    assert (found.severity, found.line, found.column) == ("warning", 6, 12)
    assert found.message == "`lead.first_name` may be empty"


def test_everything_wrong_is_said_at_once_in_reading_order():
    found = problems_in("{{ one }} {{ two }}\n{{ three }}", SCOPE, Place("x", 1, 5))
    assert [(problem.line, problem.column) for problem in found] == [(1, 8), (1, 18), (2, 4)]


def test_what_was_found_is_told_again_however_it_was_used_and_elsewhere_with_its_own_place():
    problems_in("{{ nobody }}", SCOPE, PLACE).clear()
    (found,) = problems_in("{{ nobody }}", SCOPE, PLACE)
    (moved,) = problems_in("{{ nobody }}", SCOPE, Place("x", 9, 1))
    assert (found.message, found.line, moved.line) == (moved.message, PLACE.line, 9)
    assert problems_in("{{ nobody }}", Scope(frozenset({"nobody"}), frozenset(), frozenset()), PLACE) == []


def test_naughty_strings_never_bring_the_reader_down(naughty):
    for text in naughty:
        problems_in(text, SCOPE, PLACE)
        problems_in("{{ " + text + " }}", SCOPE, PLACE)


@pytest.fixture
def naughty(shared):
    return json.loads((shared / "hostile" / "naughty-strings" / "blns.json").read_text(encoding="utf-8"))

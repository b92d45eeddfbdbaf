"""What leads out of a mail, or swells in it, is refused at `check` where it stands: authors are trusted with words, not
with the machine. And if a wall were missing, the next one holds (R21)."""

import dataclasses
import resource
import time

import pytest
from jinja2 import TemplateError
from markupsafe import Markup

from authoring.models.emails import Email
from emails.compile import CompiledEmail
from emails.environment import OUTPUT_LIMIT, OutputTooLarge, fill, html_environment, text_environment
from emails.lint import lint
from emails.render import RenderError, render

KEY = ("conseils-3d", "niveaux", "fr")
BEFORE = "Bonjour,\n\nVoici "  # what is refused stands in the third line of the body, behind these words
BODY_LINE = 6

ESCAPES = [
    # through the type of a value
    "{{ lead.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ lead.email.__class__.__base__ }}",
    "{{ ().__class__.__bases__[0] }}",
    "{{ lead['__class__'] }}",
    "{{ lead|attr('__class__') }}",
    "{{ lead|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ lead.email|map(attribute='__class__')|list }}",
    "{{ [lead]|map(attribute='__class__')|first }}",
    "{{ lead|selectattr('__class__')|list }}",
    "{{ [1]|groupby('__class__') }}",
    "{{ lead.email.format }}",
    "{{ '{0.__class__}'.format(lead) }}",
    "{{ '%s'|format(lead) }}",
    "{{ lead.fields.__init__ }}",
    "{{ lead.fields.x.y }}",
    "{{ lead.tags.append('x') }}",
    "{{ lead.tags.__len__ }}",
    "{{ house.__dict__ }}",
    "{{ sender._mapping }}",
    # through what Jinja itself offers
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ dict.__base__ }}",
    "{{ range(3) }}",
    "{{ url_for.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ request.application.__globals__ }}",
    "{{ config.items() }}",
    "{{ g }}",
    "{{ session }}",
    "{{ loop }}",
    "{{ caller() }}",
    "{{ varargs }}",
    "{{ kwargs }}",
    "{{ super() }}",
    "{{ None.__class__ }}",
    "{{ true.__class__ }}",
    "{{ env('HOME') }}",
    "{{ expandenv('$HOME') }}",
    "{{ environ }}",
    "{{ import('os') }}",
    "{{ __import__('os').system('id') }}",
    "{{ eval('1') }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ links }}",
    "{{ base_url }}",
    "{{ counted }}",
    # through statements
    "{% include '/etc/passwd' %}",
    "{% include lead.email %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block x %}{% endblock %}",
    "{% macro x() %}{{ varargs }}{% endmacro %}",
    "{% call x() %}{% endcall %}",
    "{% set x = lead.__class__ %}{{ x }}",
    "{% set ns = namespace(x=1) %}",
    "{% filter upper %}x{% endfilter %}",
    "{% autoescape false %}{{ lead.email }}{% endautoescape %}",
    "{% with x = lead %}{{ x.__class__ }}{% endwith %}",
    "{% do lead.tags.append(1) %}",
    "{% debug %}",
    "{% trans %}x{% endtrans %}",
    "{% raw %}{{ lead.__class__ }}{% endraw %}",
    "{% for x in lead.__class__.__mro__ %}{{ x }}{% endfor %}",
    "{% for x in lead.tags recursive %}{{ loop(x) }}{% endfor %}",
    "{% for x in lead.tags if x.__class__ %}{{ x }}{% endfor %}",
    "{% for x, y in lead.tags %}{{ x }}{% endfor %}",
    "{% for lead in lead.tags %}{{ lead.__class__ }}{% endfor %}",
    "{% for x in lead.tags %}{{ x.__class__ }}{% endfor %}",
    "{% if lead.email.__class__ %}x{% endif %}",
    "{% if lead.email is sameas(true) %}x{% endif %}",
    "{% if lead.email in lead.tags %}x{% endif %}",
    # through filters
    "{{ lead.email|safe }}",
    "{{ '<script>'|safe }}",
    "{{ lead.email|tojson }}",
    "{{ lead.email|pprint }}",
    "{{ lead.email|xmlattr }}",
    "{{ lead.email|striptags }}",
    "{{ lead.email|urlize }}",
    "{{ lead.email|default(lead.__class__) }}",
    "{{ lead.email|default('x', boolean=true) }}",
    "{{ lead.tags|join(attribute='__class__') }}",
    "{{ lead.tags|sort(attribute='__class__') }}",
    "{{ lead.email|truncate(*lead.tags) }}",
    "{{ lead.email|truncate(**lead.fields) }}",
]  # fmt: skip

BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 999999999 }}",
    "{{ 9**9**9 }}",
    "{{ 10**100000000 }}",
    "{{ 2**(2**(2**30)) }}",
    "{{ 1 << 999999999 }}",
    "{{ (1,) * 999999999 }}",
    "{{ [0] * 999999999 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%.999999999f' % 1 }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ 'a'.ljust(999999999) }}",
    "{{ 'a'.zfill(999999999) }}",
    "{{ 'a'|center(999999999) }}",
    "{{ 'a'|indent(999999999) }}",
    "{{ 'a'|format(999999999) }}",
    "{{ 'a'|wordwrap(1) }}",
    "{{ 'ab'|replace('', 'aaaaaaaa') }}",
    "{{ 'a' ~ 'b' ~ 'c' }}",
    "{{ range(999999999)|join }}",
    "{{ range(999999999)|list }}",
    "{{ range(999999999)|sum }}",
    "{{ range(999999999)|batch(1) }}",
    "{{ 'a'|slice(999999999) }}",
    "{{ lipsum(n=999999) }}",
    "{{ cycler(*range(999999999)) }}",
    "{% for x in range(999999999) %}x{% endfor %}",
    "{% for a in lead.tags %}{% for b in lead.tags %}{% for c in lead.tags %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% for x in lead.tags recursive %}{{ loop(lead.tags) }}{% endfor %}",
    "{% macro x() %}{{ x() }}{{ x() }}{% endmacro %}{{ x() }}",
    "{% set x = 'a' * 9 %}{% set x = x ~ x %}{{ x }}",
    "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "{{ " + "not " * 5_000 + "1 }}",
    "{{ " + "-" * 5_000 + "1 }}",
    "{{ lead.email" + "|upper" * 5_000 + " }}",
    "{{ lead" + ".a" * 5_000 + " }}",
    "{{ " + "1 == " * 5_000 + "1 }}",
    "{{ " + "a or " * 5_000 + "a }}",
    "{{ " + "[" * 5_000 + "]" * 5_000 + " }}",
    "{% if 1 %}" * 2_000 + "{% endif %}" * 2_000,
    "{% if 1 %}x" + "{% elif 1 %}x" * 5_000 + "{% endif %}",
    "{{ lead.email }}" * 5_000,
    "{{" * 10_000,
    "{%" * 10_000,
    "{#" * 10_000,
    "mot " * 10_000,
    "> " * 15_000,
]  # fmt: skip


@pytest.fixture
def check(site):
    """The problems of a text with `source` in its body, as `terreau check` tells them."""

    def of(source, **head):
        said = {"subject": "S", "preheader": "P", "why": "W", **head}
        text = Email(**said, body=BEFORE + source, body_line=BODY_LINE)
        return lint(dataclasses.replace(site, emails={KEY: text}), lambda path, loc: (2, 11))

    return of


def test_there_are_as_many_as_were_promised():
    assert len(set(ESCAPES)) >= 60
    assert len(set(BOMBS)) >= 30


@pytest.mark.parametrize("source", ESCAPES)
def test_a_way_out_of_the_mail_is_refused_where_it_stands(check, source):
    errors = [problem for problem in check(source) if problem.severity == "error"]
    assert errors
    assert all(problem.file == "emails/conseils-3d/niveaux.fr.md" for problem in errors)
    assert (errors[0].line, errors[0].column) >= (BODY_LINE + 2, len("Voici ") + 1)
    assert errors[0].line == BODY_LINE + 2


@pytest.mark.parametrize("source", ESCAPES[::6])
@pytest.mark.parametrize("part", ["subject", "preheader", "why"])
def test_and_so_it_is_in_the_head(check, part, source):
    errors = [problem for problem in check("", **{part: source}) if problem.severity == "error"]
    assert (errors[0].line, errors[0].column) >= (2, 11)


@pytest.mark.parametrize("number", range(len(BOMBS)))
def test_what_would_swell_is_refused_before_it_does(check, number):
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    errors = [problem for problem in check(BOMBS[number]) if problem.severity == "error"]
    assert time.monotonic() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 * 1024  # kB
    assert errors
    assert errors[0].sentence().startswith("emails/conseils-3d/niveaux.fr.md:")


CONTEXT = {
    "lead": {"email": "ada@x.example", "fields": {"x": "y"}, "tags": ["a", "b"], "company": None},
    "house": {"name": "Lumen"}, "sender": {"name": "Inès"}, "links": [],
}  # fmt: skip


@pytest.mark.parametrize("environment", [html_environment("fr"), text_environment("fr")])
def test_without_the_reading_nothing_of_the_machine_would_be_reached_either(environment):
    """The second wall: dicts only, no globals, no tests, ten filters."""
    for source in ESCAPES:
        try:
            told = "".join(fill(environment.from_string(source), CONTEXT))
        except (TemplateError, TypeError, ValueError, LookupError, AttributeError, RecursionError):
            continue
        assert not any(word in told for word in ("<class", "<built-in", "<function", "<module", "<bound", "root:"))


def test_a_text_that_grows_when_it_is_filled_in_fails_for_that_lead_and_no_other():
    """What no reading can foresee: one lead has a hundred thousand tags."""
    every = "{% for tag in lead.tags %}{{ tag }}{% endfor %}"
    text = CompiledEmail("x", "S", every, every, (), {"house": {}, "sender": {}, "pages": {}, "locale": "fr"})
    with pytest.raises(RenderError, match=str(OUTPUT_LIMIT)):
        render(text, {"lead": {"tags": ["a" * 100] * 100_000}}, [])
    assert render(text, {"lead": {"tags": ["a"]}}, []).html == "a"


def test_nothing_that_is_filled_in_is_taken_for_html_and_a_number_is_no_yes():
    every = "{% for tag in lead.tags %}{{ tag }} {% endfor %}"
    text = CompiledEmail("x", "S", every, every, (), {"house": {}, "sender": {}, "pages": {}, "locale": "fr"})
    told = {"lead": {"tags": [Markup("<b>"), "<b>", 1, True, 1.0, None, "\"'&"]}}
    assert render(text, told, []).html == "&lt;b&gt; &lt;b&gt; 1 True 1.0  &#34;&#39;&amp; "
    assert render(text, told, []).text == "<b> <b> 1 True 1.0  \"'&\n"


def test_a_text_is_not_filled_in_beyond_its_limit():
    grown = "{% for a in t %}{% for b in t %}{% for c in t %}x{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(OutputTooLarge):
        fill(text_environment("fr").from_string(grown), {"t": range(100_000)})

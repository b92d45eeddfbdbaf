"""What `check` says about the mails of a site."""

import dataclasses

import pytest

from authoring.models.emails import Email
from emails.lint import has_way_out, lint
from emails.render import Rendered

KEY = ("conseils-3d", "niveaux", "fr")
PATH = "emails/conseils-3d/niveaux.fr.md"


@pytest.fixture
def said(site):
    """The sentences about one text, in the place of a text of the example."""

    def about(body="Bonjour", key=KEY, **head):
        text = {"subject": "Sujet", "preheader": "Avant", "why": "Parce que", **head}
        changed = dataclasses.replace(site, emails={key: Email(**text, body=body, body_line=6)})
        return [(problem.severity, problem.sentence()) for problem in lint(changed, lambda path, loc: (2, 11))]

    return about


def test_the_example_has_nothing_to_hide(site):
    assert lint(site, lambda path, loc: (1, 1)) == []


CASES = {
    "{{ lead.frist_name }}": ("error", f"{PATH}:6:4: nothing is called `lead.frist_name` in a mail"),
    "Bonjour {{ lead.first_name }}": ("warning", f"{PATH}:6:12: `lead.first_name` may be empty"),
    "a\n\n[x](http://lumen.fr/x)": ("warning", f"{PATH}:8:1: `http://lumen.fr/x` is not encrypted"),
    "[x](https://www.example.com/x)": ("warning", f"{PATH}:6:1: `https://www.example.com/x` looks like a placeholder"),
    "[x](https://localhost:8000/x)": ("warning", f"{PATH}:6:1: `https://localhost:8000/x` looks like a placeholder"),
    "![](https://lumen.fr/x.png)": ("warning", f"{PATH}:6:1: this image says nothing when it is not shown"),
    "[x]({{ magnet_url }})": ("error", f"{PATH}:6:1: nothing that starts this sequence has a magnet"),
    "{% if lead.fields.practice > 3 %}x{% endif %}": (
        "error",
        f"{PATH}:6:1: for a lead with no answer at all, the text",
    ),
    "mot " * 40_000: ("error", f"{PATH}:6:1: this text, or one of its expressions, is longer than any letter"),
}


@pytest.mark.parametrize("body", CASES)
def test_each_fault_is_said_where_it_stands(said, body):
    severity, sentence = CASES[body]
    (first, *_others) = said(body)
    assert first[0] == severity
    assert first[1].startswith(sentence)


def test_the_head_is_looked_at_too_in_its_place(said):
    assert said(subject="Pour {{ nobody }}")[0][1].startswith(f"{PATH}:2:20: nothing is called `nobody`")


def test_a_transactional_mail_cannot_promise_to_unsubscribe(said):
    found = said("[x]({{ unsubscribe_url }})", ("livraison", "guide", "fr"))
    assert found[0][1].startswith("emails/livraison/guide.fr.md:6:1: a transactional mail has no `unsubscribe_url`")


def test_a_mail_that_would_be_cut_is_a_warning(said):
    body = "\n\n".join(["[a](https://l.fr)"] * 1000)
    assert any("Gmail cuts after 102" in sentence for _severity, sentence in said(body))


def test_a_mail_that_only_the_longest_answers_make_too_large_says_whose(said):
    every = "{{ lead.company or '' }}\n\n" * 60
    assert [one for one in said(every) if "Gmail" in one[1]] == [
        ("warning", f"{PATH}:6:1: for a lead with answers of ten kilobytes, 123 kB of HTML: Gmail cuts after 102"
         " (write `|truncate(200)` where a lead's own words stand)"),
    ]  # fmt: skip
    assert not any("Gmail" in sentence for _severity, sentence in said(every.replace(" or ''", "|truncate(200)")))


@pytest.mark.parametrize(
    ("html", "text", "has"),
    [
        ('<a href="https://site.invalid/u/x">Leave</a>', "Leave: https://site.invalid/u/x", True),
        ('<a href="https://site.invalid/u/x">Leave</a>', "Leave by the link", False),
        ("<p>Leave</p>", "Leave: https://site.invalid/u/x", False),
    ],
)
def test_a_marketing_mail_shows_the_way_out_as_html_and_as_text(html, text, has):
    assert has_way_out(Rendered("Subject", (html,), text)) == has

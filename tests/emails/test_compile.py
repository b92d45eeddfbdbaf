"""From an author's text to a mail: nothing is lost on the way, nothing is added."""

import dataclasses
import re

import css_inline
import pytest
from lxml import html as lxml_html
from markupsafe import Markup

from authoring.models.emails import Email
from emails import compile as compiling
from emails.compile import CompileError, compile_email, compile_notification
from emails.environment import html_environment
from emails.inlining import UnfitMarkup, inline
from emails.layouts import Setting
from emails.masking import Masks, lost
from emails.render import link_addresses, render

SETTING = Setting("https://lumen.example")
KEY = ("conseils-3d", "niveaux", "fr")
LEADS = {
    "ada": {"first_name": "Ada", "fields": {"practice": "slow"}},
    "nobody": {"first_name": None, "fields": {"practice": None}},
    "markup": {"first_name": '<b>"O\'Hara" & Co</b> {{ 7*7 }}', "fields": {"practice": "never"}},
}


@pytest.fixture
def written(site):
    """Compiles a body as the first mail of the sequence."""

    def compiled(body, **head):
        text = {"subject": "Sujet", "preheader": "Avant", "why": "Parce que", **head}
        email = Email(**text, body=body, body_line=6)
        return compile_email(dataclasses.replace(site, emails={**site.emails, KEY: email}), *KEY, SETTING)

    return compiled


def context(**lead):
    blank = dict.fromkeys(("first_name", "last_name", "company", "job_title", "email", "phone"))
    return {
        "lead": {**blank, "tags": ["un", "deux"], "fields": {}, **lead},
        "magnet_url": "https://lumen.example/m/x",
        "confirm_url": None,
        "preferences_url": "https://lumen.example/preferences/p",
        "unsubscribe_url": "https://lumen.example/u/u",
    }


def filled(compiled, **lead):
    return render(compiled, context(**lead), list(compiled.links))


def body_of(compiled, **lead):
    html = filled(compiled, **lead).html
    return re.sub(
        r' style="[^"]*"| bgcolor="[^"]*"',
        "",
        html[html.index('<div class="body"') : html.index('<p class="signature')],
    )


def outline(html):
    """Elements, attributes and text, without white space, case of colours and the order of attributes."""
    tree = lxml_html.document_fromstring(html)
    return [
        (node.tag if isinstance(node.tag, str) else "comment", {k: _loose(v) for k, v in node.attrib.items()},
         " ".join((node.text or "").split()), " ".join((node.tail or "").split()))
        for node in tree.iter()
    ]  # fmt: skip


def _loose(value):
    return re.sub(r"\s+", "", value).lower().replace('"', "'").rstrip(";")


@pytest.mark.parametrize("lead", LEADS)
def test_compiling_then_filling_in_equals_filling_in_then_inlining(site, lead, monkeypatch):
    """The reason why inlining happens once: the result is the same as inlining every single mail."""
    seen = []
    monkeypatch.setattr(compiling, "inline", lambda masked: seen.append(masked) or inline(masked))
    masks = []
    monkeypatch.setattr(compiling, "Masks", lambda: masks.append(Masks()) or masks[-1])
    for key in site.emails:
        seen.clear(), masks.clear()
        compiled = compile_email(site, *key, SETTING)
        told = {name: compiled.constants[name] for name in ("house", "sender", "pages")}
        fields = {name: None for form in site.forms.values() for field in form.field for name in [field.name]}
        answers = {**LEADS[lead], "fields": {**fields, **LEADS[lead]["fields"]}}
        values = {"trap_url": None, "dot_url": None, **told, **context(**answers), "links": list(compiled.links)}
        source = html_environment(key[2]).from_string(masks[0].show(seen[0]))
        once = render(compiled, context(**answers), list(compiled.links)).html
        assert outline(once) == outline(inline(source.render(values)))


def test_another_inliner_agrees_on_what_each_element_looks_like(site):
    """css-inline is a different program in another language; where both set a property, they set it alike."""
    compiled = compile_email(site, *KEY, SETTING)
    mail = filled(compiled, first_name="Ada", fields={"practice": "slow"}).html
    bare = re.sub(r' (?:style|bgcolor|align|valign)=(?:"[^"]*"|\'[^\']*\')', "", mail)
    ours = lxml_html.document_fromstring(mail)
    inlined = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(bare)
    theirs = lxml_html.document_fromstring(inlined.replace("<tbody>", "").replace("</tbody>", ""))
    pairs = [(a, b) for a, b in zip(ours.iter(), theirs.iter(), strict=True) if isinstance(a.tag, str)]
    assert len(pairs) > 30
    for one, other in pairs:
        assert one.tag == other.tag
        assert _declared(one) == _declared(other), (one.tag, one.attrib)


def _declared(node):
    parts = (part.split(":", 1) for part in node.attrib.get("style", "").split(";") if ":" in part)
    found = {name.strip().lower(): _loose(value) for name, value in parts}
    return {name: re.sub(r"#(.)\1(.)\2(.)\3$", r"#\1\2\3", value) for name, value in found.items()}


def test_a_link_alone_with_the_title_button_is_a_button(written):
    compiled = written(
        '[Voir **tout**](https://a.example/x?a=1&b=2 "button")\n\n[Voir](https://b.example "button") aussi'
    )
    html = body_of(compiled)
    assert html.count('<table class="button"') == 1
    assert 'href="https://a.example/x?a=1&amp;b=2">Voir <strong>tout</strong></a></td></tr></table>' in html
    assert compiled.links == ("https://a.example/x?a=1&b=2", "https://b.example")


def test_an_images_title_is_its_size_and_its_alt_stays(written):
    assert '<img src="https://a.example/x.png" alt="Trois niveaux" width="552" height="176">' in body_of(
        written('![Trois niveaux](https://a.example/x.png "552x176")')
    )


def test_each_link_has_one_slot_for_the_counted_and_the_authored_address(written):
    compiled = written(
        "[un](https://a.example) [deux](https://a.example) [page]({{ pages.demo }}) [magnet]({{ magnet_url }})"
    )
    assert compiled.links == ("https://a.example", "https://a.example", "https://lumen.example/p/demo")
    counted = link_addresses(compiled, "https://lumen.example", "T" * 22, True)
    shown = render(compiled, context(), counted)
    for kind in (shown.html, shown.text):
        assert [f"https://lumen.example/c/{'T' * 22}{n}" in kind for n in range(3)] == [True] * 3
        assert "https://lumen.example/m/x" in kind


@pytest.mark.parametrize(("company", "middle"), [("Atelier", "deux\n\n"), ("", "")])
def test_a_paragraph_that_is_left_out_leaves_no_gap_in_the_text(written, company, middle):
    text = filled(written("un\n\n{% if lead.company %}deux{% endif %}\n\ntrois"), company=company).text
    assert text.startswith(f"un\n\n{middle}trois\n\n")


def test_the_text_part_reads_like_the_letter(written):
    body = (
        "# Titre\n\nUn *mot* et [un lien](https://a.example).\n\n- un\n- **deux**\n\n1. a\n2. b\n\n"
        '> dit\n\n[Voir](https://b.example "button")'
    )
    text = filled(written(body)).text
    assert text.startswith(
        "Titre\n-----\n\nUn mot et un lien (https://a.example).\n\n- un\n- deux\n\n1. a\n2. b\n\n> dit\n\nVoir\u00a0:\nhttps://b.example\n"
    )
    assert text.endswith(
        "Atelier Lumen, 12 rue des Tilleuls, 44000 Nantes, France\n"
        "Choisir ce que je reçois\u00a0: https://lumen.example/preferences/p\nMe désinscrire\u00a0: https://lumen.example/u/u\n"
    )


def test_a_statement_on_its_own_line_takes_its_whole_paragraph_with_it(written):
    compiled = written("avant\n{% if lead.company %}\nchez {{ lead.company }}\n{% endif %}\naprès")
    assert body_of(compiled).split() == ["<div", 'class="body">', "<p>avant</p>", "<p>après</p>"]
    assert "<p>chez &lt;b&gt;</p>" in body_of(compiled, company="<b>")
    assert filled(compiled).text.startswith("avant\n\naprès\n")


def test_french_is_typeset_and_expressions_are_not(written):
    compiled = written("C'est prêt ! « Oui » : {{ lead.company or \"l'atelier\" }}", subject="L'essentiel ?")
    assert "C’est prêt\u00a0! «\u00a0Oui\u00a0»\u00a0: l'atelier" in filled(compiled).text
    assert filled(compiled).subject == "L’essentiel\u00a0?"
    assert "\u202f" not in filled(compiled).html + filled(compiled).text


def test_what_a_lead_wrote_is_text_and_nothing_else(written):
    compiled = written("Bonjour {{ lead.first_name }}", subject="Pour {{ lead.first_name }}")
    shown = filled(compiled, first_name="<script>{{ 7*7 }}</script>\r\nBcc: x")
    assert "&lt;script&gt;{{ 7*7 }}&lt;/script&gt;" in shown.html
    assert "<script>" not in shown.html
    assert shown.subject == "Pour <script>{{ 7*7 }}</script> Bcc: x"


@pytest.mark.parametrize(
    "body", ["&#123;&#123; 7*7 &#125;&#125;", "\\{\\{ 7*7 \\}\\}", "&#123;% if x %}", "{ { 7*7 } }"]
)
def test_no_entity_or_backslash_writes_an_expression(written, body):
    assert "49" not in filled(written(body)).text
    assert "{" in filled(written(body)).text


def test_html_in_markdown_is_text(written):
    html = body_of(written("<script>alert(1)</script> <b>x</b> [a](javascript:alert(1))"))
    assert "<script" not in html
    assert "<b>" not in html
    assert 'href="javascript' not in html


REFUSED = {
    "[x](/relatif)": "is not an address a mail can lead to",
    "[x](ftp://a.example)": "is not an address a mail can lead to",
    "[x](https://a.example/?n={{ lead.first_name }})": "what a lead wrote has no place in it",
    "[x]({{ lead.company }})": "what a lead wrote has no place in it",
    "[x]({% if lead.company %}https://a.example{% endif %})": "cannot stand inside an address",
    "![{% if lead.company %}x{% endif %}](https://a.example/x.png)": "cannot stand inside an address",
    "**gras {% if lead.company %}et** plus{% endif %}": "begins inside one element and ends in another",
    "qz00000zq": "which the compiler uses itself",
    "{{ lead.nobody }}": "nothing is called `lead.nobody`",
}


@pytest.mark.parametrize("body", REFUSED)
def test_what_would_break_the_mail_is_refused_with_a_sentence(written, body):
    with pytest.raises(CompileError, match=re.escape(REFUSED[body])) as caught:
        written(f"Bonjour\n\n{body}")
    assert caught.value.problems[0].file == "emails/conseils-3d/niveaux.fr.md"
    assert caught.value.problems[0].line in (1, 6, 8)


STYLES = {
    "li:first-child { color: red }": "a selector by position",
    "tr:nth-child(2n) { color: red }": "a selector by position",
    "@import url(x.css);": "would read another file",
    "@supports (display: grid) { p { color: red } }": "is dropped by the inliner",
    "p { color: rgb(0 102 204 / 80%) }": "a colour like `rgb(0 102 204 /` is dropped by the inliner",
    "p { color: #0066cccc }": "a colour like `#0066cccc` is dropped by the inliner",
    "p:is(.a) { color: red }": "`:is(…)` is not inlined",
    "p:not(.x) { color: red }": "is not inlined",
    "p { width: {{ n }}px }": "filled in too late",
}


@pytest.mark.parametrize("style", STYLES)
def test_styles_that_would_be_lost_are_refused(style):
    with pytest.raises(UnfitMarkup, match=re.escape(STYLES[style])):
        inline(f"<!DOCTYPE html><html><head><style>{style}</style></head><body><p>x</p></body></html>")


@pytest.mark.parametrize(
    "html", ["", " ", "<!doctype html><p>x", "<p>x</p>", '<!DOCTYPE html><link rel="stylesheet" href="x">']
)
def test_documents_that_the_inliner_would_spoil_are_refused(html):
    with pytest.raises(UnfitMarkup):
        inline(html)


def test_another_brand_is_only_data(site):
    brand = site.definitions.brand
    other = brand.model_copy(update={"day": brand.day.model_copy(update={"accent": "#123456"}),
                                     "night": brand.night.model_copy(update={"accent": "#abcdef"})})  # fmt: skip
    changed = dataclasses.replace(site, definitions=site.definitions.model_copy(update={"brand": other}))
    html = compile_email(changed, *KEY, SETTING).html
    assert brand.day.accent not in html
    assert brand.night.accent not in html
    assert 'bgcolor="#123456"' in html
    assert "background-color: #abcdef !important" in html


def test_the_same_text_has_the_same_hash_and_another_text_another(site, written):
    assert compile_email(site, *KEY, SETTING).hash == compile_email(site, *KEY, SETTING).hash
    assert written("un").hash != written("deux").hash
    assert written("un").hash != written("un", why="Autrement").hash


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("name", ["alert", "notify"])
def test_notifications_compile_in_both_languages(site, name, locale):
    compiled = compile_notification(site, name, locale, SETTING)
    assert "[[" not in compiled.html + compiled.text
    assert f'lang="{locale}"' in compiled.html
    assert compiled.links == ()


def test_real_templates_of_others_compile_without_loss(shared):
    for path in sorted((shared / "html-email").rglob("*.html")):
        source = re.sub(r"(?i)^\s*<!doctype[^>]*>", "<!DOCTYPE html>", path.read_text(encoding="utf-8"))
        source = re.sub(r"(?s)/\*.*?\*/|@import[^;]*;", "", source)
        masks = Masks()
        masked = masks.hide_html(re.sub(r"\{\{#.*?\}\}|\{\{/.*?\}\}", "", source))
        inlined = inline(masked)
        assert lost(masked, inlined) == [], path.name
        before, after = (lxml_html.document_fromstring(html) for html in (masked, inlined))
        assert after.text_content().split() == before.text_content().split()
        assert [a.get("href") for a in after.iter("a")] == [a.get("href") for a in before.iter("a")]
        assert len(after.xpath("//@style")) > len(before.xpath("//@style"))


def test_markup_from_a_frame_is_escaped_and_only_ours_is_not(written):
    assert "<title>&lt;b&gt; &amp; co</title>" in written("x", subject="<b> & co").html
    assert Markup("x") == "x"

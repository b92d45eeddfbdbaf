"""Every text of every room and template has its French: found by Babel, so that none is forgotten."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from terreau.cli import main
from terreau.helping import texts_of
from terreau.language import every_command

CHECKOUT = Path(__file__).resolve().parents[2]
ROOMS = sorted(init.parent for init in CHECKOUT.glob("*/__init__.py"))
TEMPLATES = sorted(
    path for path in (CHECKOUT / "templates").rglob("*") if path.suffix in {".html", ".txt", ".xml", ".svg", ".md"}
)
CATALOGUES = sorted((CHECKOUT / "translations" / "fr").glob("*.po"))
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "msgid": None, "said": None, "said_n": (1, 2)}
# What the doors' templates and sentences call.
SPEECH = {**KEYWORDS, "_": None, "say": None, "say_n": (1, 2), "html": None}
ROOMS_WITH_SPEECH = {"capture", "console", "emails"}
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]")


def texts_of_python(path, keywords=KEYWORDS):
    for _, found, _, _ in extract_from_file("python", str(path), keywords=keywords):
        yield found if isinstance(found, tuple) else (found,)


def texts_of_template(source):
    """Babel's own Jinja reader only knows plain names; ours are also called as `words.gettext(…)`."""
    for call in Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source).find_all(nodes.Call):
        name = getattr(call.node, "attr", getattr(call.node, "name", None))
        count = 2 if SPEECH.get(name) else 1
        texts = [arg.value for arg in call.args[:count] if isinstance(arg, nodes.Const) and isinstance(arg.value, str)]
        if name in SPEECH and len(texts) == count:
            yield tuple(texts)


def every_text():
    for room in ROOMS:
        for path in sorted(room.rglob("*.py")):
            keywords = SPEECH if room.name in ROOMS_WITH_SPEECH else KEYWORDS
            yield from ((path, texts) for texts in texts_of_python(path, keywords))
    for command in (main, *every_command(main)):  # what `--help` says
        yield from ((CHECKOUT / "terreau" / "cli.py", (text,)) for text in texts_of(command))
    for path in TEMPLATES:
        yield from ((path, texts) for texts in texts_of_template(path.read_text(encoding="utf-8")))


def entries():
    for path in CATALOGUES:
        with path.open("rb") as file:
            yield from ((path.name, entry) for entry in read_po(file, locale="fr") if entry.id)


def test_every_text_has_its_french():
    translated = {as_texts(entry.id) for _, entry in entries() if not entry.fuzzy and all(as_texts(entry.string))}
    missing = [
        f"{path.relative_to(CHECKOUT)}: {' / '.join(texts)}" for path, texts in every_text() if texts not in translated
    ]
    assert missing == []


def test_the_french_has_the_same_placeholders():
    wrong = []
    for name, entry in entries():
        wanted = set(PLACEHOLDER.findall(as_texts(entry.id)[-1]))
        for said in as_texts(entry.string):
            if set(PLACEHOLDER.findall(said)) != wanted:
                wrong.append(f"{name}: {entry.id!r} -> {said!r}")
    assert wrong == []


def test_nothing_is_translated_that_nobody_says():
    said = {text for _, texts in every_text() for text in texts}
    for room in ROOMS:  # a table may be marked as a whole, or its texts be found by key
        said |= {text for path in room.rglob("*.py") for text in constants_of(path)}
    stale = [f"{name}: {entry.id!r}" for name, entry in entries() if not {*as_texts(entry.id)} & said]
    assert stale == []


def constants_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def as_texts(said):
    return (said,) if isinstance(said, str) else tuple(said)


def test_no_text_has_two_translations():
    seen: dict[object, tuple[str, object]] = {}
    twice = []
    for name, entry in entries():
        key = as_texts(entry.id)
        if key in seen and seen[key][1] != entry.string:
            twice.append(f"{name} and {seen[key][0]}: {entry.id!r}")
        seen[key] = (name, entry.string)
    assert twice == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{{ gettext("One") }}', [("One",)]),
        ('{{ words.gettext("One %(n)s", n=1) }}', [("One %(n)s",)]),
        ('{{ words.ngettext("one", "many", n) }}', [("one", "many")]),
        ("{{ words.gettext(one) }}{{ other('One') }}", []),
    ],
)
def test_texts_are_found_in_templates(source, found):
    assert list(texts_of_template(source)) == found


def test_a_text_that_lacks_its_french_would_be_found(tmp_path):
    path = tmp_path / "room.py"
    path.write_text('say("A text")\nT = {"x": msgid("Another")}\nwords.ngettext("one", "many", 3)\n')
    assert list(texts_of_python(path, SPEECH)) == [("A text",), ("Another",), ("one", "many")]

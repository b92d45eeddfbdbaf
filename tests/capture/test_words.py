"""Every sentence that visitors read exists in French too."""

import ast
import re
from pathlib import Path

import pytest

from base.paths import data_path
from base.translations import translator
from capture.sentences import NUMBERS, SUMMARIES

SAID = re.compile(r"s\.(?:say|html|say_n)\(\"((?:[^\"\\]|\\.)*)\"(?:, \"((?:[^\"\\]|\\.)*)\")?")
SAYING = {"say", "html", "say_n", "notice"}
# Texts that Python keeps in tables and says later.
TABLES = {"body.py", "notices.py", "sentences.py", "confirm.py", "pages.py"}


def template_messages() -> set[str]:
    found = set()
    for folder in ("pages", "layouts"):
        for path in data_path("templates", folder).glob("*.html"):
            for match in SAID.finditer(path.read_text()):
                found |= {message for message in match.groups() if message}
    return found


def python_messages(room: Path) -> set[str]:
    """Strings passed to a saying verb, and sentences kept in tables: capitalised texts with a space or a full stop."""
    found = set()
    for path in room.glob("*.py"):
        tree = ast.parse(path.read_text())
        docs = {id(node.body[0].value) for node in ast.walk(tree) if _has_doc(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAYING:
                found |= {
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
            elif path.name in TABLES and id(node) not in docs and _is_sentence(node):
                found.add(node.value)
    return found


def _is_sentence(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(re.match(r"[A-Z][^/<>]*[ .]", text))


def _has_doc(node: ast.AST) -> bool:
    body = getattr(node, "body", None)
    return isinstance(body, list) and bool(body) and isinstance(body[0], ast.Expr)


SHORT = {*SUMMARIES.values(), *NUMBERS[1:]}
MESSAGES = sorted(template_messages() | python_messages(data_path("capture")) | SHORT)


def test_there_are_sentences_to_look_at():
    assert len(MESSAGES) > 70


@pytest.mark.parametrize("message", MESSAGES)
def test_every_sentence_of_the_public_door_is_said_in_french(message):
    catalogue = translator("fr")._catalogue
    known = {key if isinstance(key, str) else key[0] for key in catalogue._catalog}
    plurals = {key[0] for key in catalogue._catalog if isinstance(key, tuple)}
    assert message in known or message in plurals or _is_plural_of_known(message), message


def _is_plural_of_known(message: str) -> bool:
    """The English plural is found through its singular."""
    text = "".join(path.read_text() for path in data_path("translations", "fr").glob("*.po"))
    return f'msgid_plural "{message}"' in text.replace('\\"', '"')

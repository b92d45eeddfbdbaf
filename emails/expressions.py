"""Which Jinja an author may write: an allow-list over the syntax tree, each refusal with its place.

Names, one attribute (`lead.fields.x` two), literals, comparisons, and/or/not, `if`, `for` over declared lists, ten
filters. No calls, arithmetic, slices, includes, macros, sets. Pure: no database, no clock, no network.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from base.problems import Problem, did_you_mean
from base.saying import Said, said
from base.translations import msgid
from emails.environment import FILTERS
from emails.readings import DELIMITED, Place, Reading
from emails.scope import Scope

_JINJA = Environment(autoescape=True)
_COMPARISONS = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq"})
_TRIMMING = re.compile(r"\{[{%#][-+]|[-+][}%#]\}")
KEPT = 1024  # texts read last: whoever plans, applies or watches a folder looks at the same ones again and again
_TEXT_LIMIT, _EXPRESSION_LIMIT, _EXPRESSIONS_LIMIT = 20_000, 400, 400  # characters, characters, expressions of a text


def problems_in(source: str, scope: Scope, place: Place) -> list[Problem]:
    """What `source` does beyond the allow-list, in reading order; empty when it may be compiled."""
    if not _is_of_human_size(source):
        message = said("this text, or one of its expressions, is longer than any letter")
        return [Problem(place.file, place.line, place.column, "error", message, said("shorten it"))]
    return [*_problems_in(source, scope, place)]


@lru_cache(KEPT)
def _problems_in(source: str, scope: Scope, place: Place) -> tuple[Problem, ...]:
    reading = Reading(source, scope, place)
    try:
        tree = _JINJA.parse(source)
    except TemplateSyntaxError as error:
        reading.refuse(error.lineno, None, said("this expression cannot be read: %(why)s", why=_plain(error)), _FORM)
        return tuple(reading.problems)
    _refuse_writing(source, reading)
    _walk(tree.body, reading)
    return tuple(sorted(reading.problems))


_FORM = said("an expression reads `{{ lead.first_name }}`, a condition `{% if lead.company %} … {% endif %}`")
# What the reader of expressions complains of, and what the author reads.
_COMPLAINTS = (
    ("unexpected end of template", msgid("something that was opened is not closed")),
    ("Unexpected end of template", msgid("an `if` or a `for` is not closed")),
    ("Encountered unknown tag", msgid("`{% %}` begins with `if`, `for`, or ends one of them")),
    ("No filter named", msgid("there is no such filter")),
    ("expected token", msgid("there is a word or a sign too many, or too few")),
    ("unexpected char", msgid("there is a character that does not belong here")),
    ("unexpected", msgid("there is a sign that does not belong here")),
)


def _plain(error: TemplateSyntaxError) -> Said:
    complaint = str(error.message)
    sentences = (sentence for words, sentence in _COMPLAINTS if complaint.startswith(words))
    return said(next(sentences, msgid("it is not of the form `{{ lead.first_name }}`")))


def _is_of_human_size(source: str) -> bool:
    """Bounds what the parser is given, so that nesting cannot exhaust it."""
    if len(source) > _TEXT_LIMIT or source.count("{") > 4 * _EXPRESSIONS_LIMIT:
        return False  # before anything is searched for in it: that takes the square of what is never closed
    spans = [len(span.group()) for span in DELIMITED.finditer(source)]
    return len(spans) <= _EXPRESSIONS_LIMIT and max(spans, default=0) <= _EXPRESSION_LIMIT


@lru_cache(KEPT)
def names_in(source: str) -> frozenset[str]:
    """The dotted names that `source` uses. Raises jinja2's TemplateSyntaxError."""
    tree = _JINJA.parse(source)
    found: set[str] = set()
    _collect(tree, found)
    return frozenset(found)


def _refuse_writing(source: str, reading: Reading) -> None:
    for line, kind, text in _JINJA.lex(source):
        if kind == "raw_begin":
            reading.refuse(line, "raw", said("`%(word)s` is not for mails", word="raw"), said("write the text itself"))
        elif kind.endswith(("_begin", "_end")) and _TRIMMING.search(text):
            reading.refuse(
                line, None, said("white space is kept as it is written"), said("write `{{ … }}` without `-` or `+`")
            )


# ---------------------------------------------------------------- statements


def _walk(body: Iterable[nodes.Node], reading: Reading) -> None:
    for node in body:
        _STATEMENTS.get(type(node), _refuse_statement)(node, reading)


def _output(node: nodes.Output, reading: Reading) -> None:
    for part in node.nodes:
        if isinstance(part, nodes.TemplateData):
            continue
        _look(part, reading)
        _warn_when_empty(part, reading)
        if (path := _dotted(part)) in reading.scope.lists:
            reading.refuse(
                part.lineno,
                path,
                said("`%(name)s` is a list", name=path),
                said('write `{{ %(name)s|join(", ") }}` or a `for`', name=path),
            )


def _if(node: nodes.If, reading: Reading) -> None:
    _look(node.test, reading)
    sure = sorted(_dotted_in(node.test))
    reading.known_to_be += sure
    _walk(node.body, reading)
    del reading.known_to_be[len(reading.known_to_be) - len(sure) :]
    for branch in node.elif_:
        _if(branch, reading)
    _walk(node.else_, reading)


def _for(node: nodes.For, reading: Reading) -> None:
    path = _dotted(node.iter)
    if path not in reading.scope.lists:
        allowed = ", ".join(f"`{name}`" for name in sorted(reading.scope.lists))
        reading.refuse(
            node.lineno,
            path or "for",
            said("a loop runs over a declared list only"),
            said("lists are %(names)s", names=allowed),
        )
    if node.test is not None or node.recursive or node.else_ or reading.loop_names:
        reading.refuse(
            node.lineno, "for", said("a loop is `for … in …` and nothing else"), said("no filter, `else` or inner loop")
        )
    if not isinstance(node.target, nodes.Name):
        reading.refuse(node.lineno, "for", said("a loop has one variable"), said("write `for tag in lead.tags`"))
        return
    if any(name.split(".")[0] == node.target.name for name in reading.scope.known):
        reading.refuse(
            node.lineno,
            node.target.name,
            said("`%(name)s` has a meaning already", name=node.target.name),
            said("name it otherwise"),
        )
    reading.loop_names.append(node.target.name)
    _walk(node.body, reading)
    reading.loop_names.pop()


def _refuse_statement(node: nodes.Node, reading: Reading) -> None:
    kind = type(node).__name__.lower()
    word = _STATEMENT_WORDS.get(kind, kind)
    line = next((one.lineno for one in (node, *node.find_all(nodes.Node)) if one.lineno is not None), 1)
    reading.refuse(line, word, said("`%(word)s` is not for mails", word=word), said("only `if` and `for` are"))


_STATEMENT_WORDS = {
    "assign": "set",
    "assignblock": "set",
    "callblock": "call",
    "fromimport": "from",
    "scope": "autoescape",
}
_STATEMENTS: dict[type[nodes.Node], Callable[..., None]] = {nodes.Output: _output, nodes.If: _if, nodes.For: _for}


# ---------------------------------------------------------------- expressions


def _look(node: nodes.Node, reading: Reading) -> None:
    _EXPRESSIONS.get(type(node), _refuse_expression)(node, reading)


def _name(node: nodes.Name | nodes.Getattr, reading: Reading) -> None:
    path = _dotted(node)
    if path is None:
        _refuse_expression(node, reading)
    elif path not in reading.scope.known and path not in reading.loop_names:
        hint = did_you_mean(path, {*reading.scope.known, *reading.loop_names})
        reading.refuse(node.lineno, path, said("nothing is called `%(name)s` in a mail", name=path), hint)


def _filter(node: nodes.Filter, reading: Reading) -> None:
    if node.name not in FILTERS:
        hint = did_you_mean(node.name, FILTERS) or said("filters are %(names)s", names=", ".join(sorted(FILTERS)))
        reading.refuse(node.lineno, node.name, said("there is no filter `%(name)s`", name=node.name), hint)
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not all(isinstance(arg, nodes.Const) for arg in node.args):
        reading.refuse(
            node.lineno,
            node.name,
            said("`%(name)s` takes plain values", name=node.name),
            said('such as `default("…")`'),
        )
    if node.node is not None:
        _look(node.node, reading)


def _compare(node: nodes.Compare, reading: Reading) -> None:
    _look(node.expr, reading)
    for operand in node.ops:
        if operand.op not in _COMPARISONS:
            reading.refuse(
                node.lineno,
                None,
                said("`%(word)s` is not a comparison of mails", word=operand.op),
                said("use ==, !=, <, <=, >, >="),
            )
        _look(operand.expr, reading)


def _parts(node: nodes.Node, reading: Reading) -> None:
    for part in node.iter_child_nodes():
        _look(part, reading)


def _literal(node: nodes.Const, reading: Reading) -> None:
    """A literal is as it is; how long it may be is bounded with the text."""


def _refuse_expression(node: nodes.Node, reading: Reading) -> None:
    what = _REFUSED.get(type(node).__name__, said("this expression"))
    reading.refuse(
        node.lineno,
        None,
        said("%(what)s is not for mails", what=what),
        said("compute it beforehand, or write the text out"),
    )


_ARITHMETIC = said("arithmetic")
_REFUSED = {
    "Call": said("a call"), "Getitem": said("a lookup with brackets"), "Slice": said("a slice"), "Concat": "`~`",
    "CondExpr": said("`… if … else …` inside `{{ }}`"), "Test": "`is`", "List": said("a list"), "Tuple": said("a list"),
    "Dict": said("a dict"), "Getattr": said("an attribute of an expression"),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow", "Neg", "Pos"), _ARITHMETIC),
}  # fmt: skip
_EXPRESSIONS: dict[type[nodes.Node], Callable[..., None]] = {
    nodes.Name: _name, nodes.Getattr: _name, nodes.Const: _literal, nodes.TemplateData: _literal,
    nodes.And: _parts, nodes.Or: _parts, nodes.Not: _parts, nodes.Compare: _compare, nodes.Filter: _filter,
}  # fmt: skip


# ---------------------------------------------------------------- names


def _warn_when_empty(node: nodes.Node, reading: Reading) -> None:
    path = _dotted(node)
    if path in reading.scope.optional and path not in reading.known_to_be:
        name = path.rsplit(".", 1)[-1]
        reading.refuse(
            node.lineno,
            path,
            said("`%(name)s` may be empty", name=path),
            said('write `{{ %(path)s or "…" }}` or ask `if %(name)s`', path=path, name=name),
            "warning",
        )


def _dotted(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        owner = _dotted(node.node)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def _dotted_in(node: nodes.Node) -> Iterator[str]:
    found: set[str] = set()
    _collect(node, found)
    return iter(found)


def _collect(node: nodes.Node, found: set[str]) -> None:
    path = _dotted(node)
    if path is not None:
        found.add(path)
        return
    for part in node.iter_child_nodes():
        _collect(part, found)

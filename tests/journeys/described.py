"""The public doors as OpenAPI, drawn from the application itself: its routes, the forms on its pages and the links to
them, and what the views ask a request for. Nothing of it is written by hand, so that a new door is described too."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from operator import attrgetter
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from capture import touch
from console.access import ACCESS, OUTSIDE
from leads.touches import CLICK_IDS

FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
LINKS = "//@href | //@src | //@action"
FREE = {"type": "string", "maxLength": 3_000}
# How a view asks for something, and where it stands in a request.
ASKING = {
    "request.form.get": "body", "sent.get": "body", "sent.getlist": "body",
    "request.args.get": "query", "request.args": "query", "request.headers.get": "header",
}  # fmt: skip


class Doors:
    """What is found out about an application by looking at the pages at `paths`, with the cookies of one browser."""

    def __init__(self, app: Flask, client: FlaskClient, base_url: str, paths: list[str]) -> None:
        self.client, self.base_url = client, base_url
        self._pages = {f"{base_url}{path}" for path in paths[:8]}  # what a script may tell of
        self._routes = app.url_map.bind(urlsplit(base_url).netloc)
        self._rules = [rule for rule in app.url_map.iter_rules() if is_public(rule)]
        self._views = {rule.endpoint: inspect.unwrap(app.view_functions[rule.endpoint]) for rule in self._rules}
        self._good: dict[tuple[str, str], set[str]] = {}  # (rule, argument) -> values that lead somewhere
        self._forms: dict[tuple[str, str], dict[str, Field]] = {}  # (endpoint, path it is sent to) -> what it holds
        for path in [*paths, *(rule.rule for rule in self._rules if not rule.arguments and "GET" in rule.methods)]:
            self._look_at(path)

    def description(self) -> dict[str, Any]:
        """OpenAPI 3.1."""
        described: dict[str, dict[str, Any]] = {}
        for rule in self._rules:
            methods = sorted(rule.methods - {"OPTIONS"})
            described.setdefault(template_of(rule), {}).update(
                {method.lower(): self._operation(rule, method) for method in methods}
            )
        for endpoint, path in self._forms:
            rule = next(rule for rule in self._rules if rule.endpoint == endpoint)
            described[path] = {"post": self._operation(rule, "POST", path)}
        return {"openapi": "3.1.0", "info": {"title": "public doors", "version": "1"}, "paths": described}

    def takers_of_addresses(self) -> set[str]:
        """Endpoints to which a form leads that asks for one."""
        return {endpoint for (endpoint, _), form in self._forms.items() if any(one.is_address for one in form.values())}

    def _look_at(self, path: str) -> None:
        answer = self.client.get(path, base_url=self.base_url)
        self._lead(path)
        if answer.mimetype != "text/html" or not answer.text.strip():
            return
        page = html.fromstring(answer.get_data())
        for link in page.xpath(LINKS):
            self._lead(link)
        for form in page.iter("form"):
            if form.method == "POST":
                self._fill_in(form, form.get("action") or path)

    def _lead(self, link: str) -> Rule | None:
        """Note where an address of our own leads, and by what in it."""
        parts = urlsplit(link)
        if parts.netloc not in ("", urlsplit(self.base_url).netloc) or not parts.path.startswith("/"):
            return None
        found = None
        for method in ("GET", "POST"):
            try:
                found, values = self._routes.match(parts.path, method, return_rule=True)
            except HTTPException:  # it leads nowhere this way
                continue
            for name, value in values.items():
                self._good.setdefault((found.rule, name), set()).add(str(value))
        return found

    def _fill_in(self, form: Any, action: str) -> None:
        rule = self._lead(action)
        if rule is None:
            return
        fields = self._forms.setdefault((rule.endpoint, urlsplit(action).path), {})
        for control in form.iter("input", "select", "textarea", "button"):
            if control.get("name"):
                fields.setdefault(control.get("name"), Field()).see(control)

    def _operation(self, rule: Rule, method: str, path: str | None = None) -> dict[str, Any]:
        """With any argument of the rule, and all that its view asks for; or of the one form that is sent to `path`."""
        names = asked_for(self._views[rule.endpoint])
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": self._argument(rule, name)}
            for name in ([] if path else sorted(rule.arguments))
        ]
        parameters += [{"name": name, "in": "query", "schema": FREE} for name in sorted(names["query"])]
        ours = {"anyOf": [{"enum": [self.base_url]}, FREE]}
        parameters += [{"name": name, "in": "header", "schema": ours} for name in sorted(names["header"])]
        told: dict[str, Any] = {
            "operationId": f"{method} {path or rule.endpoint}",
            "parameters": parameters,
            "responses": {kind: {"description": kind} for kind in ("2XX", "3XX", "4XX")},
        }
        if method == "POST":
            fields = self._forms[rule.endpoint, path] if path else {name: Field(self._pages) for name in names["body"]}
            schema = {
                "type": "object",
                "properties": {name: field.schema() for name, field in sorted(fields.items())},
                "required": sorted(name for name, field in fields.items() if field.required),
                "additionalProperties": False,
            }
            told["requestBody"] = {"content": {kind: {"schema": schema} for kind in (FORM, PARTS)}}
        return told

    def _argument(self, rule: Rule, name: str) -> dict[str, Any]:
        good = sorted(self._good.get((rule.rule, name), ()))
        other = {"type": "integer"} if f"<int:{name}>" in rule.rule else {"type": "string", "minLength": 1}
        known = [int(value) for value in good] if other["type"] == "integer" else good
        return {"anyOf": [{"enum": known}, other]} if known else other


class Field:
    """One name of a form, as all its controls together let it be filled in."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.values = set(values)
        self.longest, self.required, self.is_address = 0, False, False

    def see(self, control: Any) -> None:
        kind = control.tag if control.tag != "input" else control.get("type", "text")
        self.required |= kind == "hidden" or control.get("required") is not None
        self.is_address |= kind == "email"
        if kind == "select":
            self.values |= {option.get("value", "") for option in control.iter("option")}
        elif kind in ("hidden", "checkbox", "radio", "button", "submit"):
            self.values.add(control.get("value", "on"))
        else:
            self.longest = max(self.longest, int(control.get("maxlength") or 0))

    def schema(self) -> dict[str, Any]:
        """What a browser would send, or any text: as long as the page lets it be, or longer."""
        text = {"type": "string", "maxLength": self.longest} if self.longest else FREE
        ways = [{"enum": sorted(self.values)}] if self.values else []
        ways += [{"type": "string", "format": "email"}] if self.is_address else []
        return {"anyOf": [*ways, text]} if ways else text


def is_public(rule: Rule) -> bool:
    """Whether anybody may ask there: the console's own pages send strangers to its way in."""
    room, _, name = rule.endpoint.partition(".")
    return room != "console" or ACCESS[name].roles == OUTSIDE


def template_of(rule: Rule) -> str:
    """`/m/<token>/<int:number>` as `/m/{token}/{number}`."""
    parts = (part.partition(":")[2] or part for part in rule.rule.replace(">", "<").split("<")[1::2])
    fixed = rule.rule.replace(">", "<").split("<")[::2]
    return "".join(f"{one}{{{name}}}" for one, name in zip(fixed, parts, strict=False)) + fixed[-1]


def asked_for(view: Any) -> dict[str, set[str]]:
    """{body, query, header: names} that the module of a view asks a request for; pages also read how one came."""
    module = inspect.getmodule(getattr(view, "func", view))
    assert module is not None
    found: dict[str, set[str]] = {"body": set(), "query": set(), "header": set()}
    tree = ast.parse(inspect.getsource(module))
    ways = ASKING | dict(_passing_on(tree))
    for where, name in _askings(tree, ways):
        if (value := _literal(name, module)) is not None:
            found[where].add(value)
    if "read_touch" in vars(module):
        found["query"] |= {*touch.PARAMETERS, *CLICK_IDS}
        found["header"].add("Referer")
    return found


def _passing_on(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Functions that ask for whatever name they are given."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        given = {argument.arg for argument in function.args.args}
        for where, name in _askings(function, ASKING):
            if isinstance(name, ast.Name) and name.id in given:
                yield function.name, where


def _askings(tree: ast.AST, ways: dict[str, str]) -> Iterator[tuple[str, ast.expr]]:
    """(where, what): `request.form.get("code")`, `"saved" in request.args`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and (where := ways.get(ast.unparse(node.func))):
            yield where, node.args[0]
        elif isinstance(node, ast.Compare) and (where := ways.get(ast.unparse(node.comparators[0]))):
            yield where, node.left


def _literal(name: ast.expr, module: ModuleType) -> str | None:
    if isinstance(name, ast.Constant):
        return name.value if isinstance(name.value, str) else None
    try:
        value = attrgetter(ast.unparse(name))(module)
    except AttributeError:
        return None
    return value if isinstance(value, str) else None

"""Small faults of a module, one at a time: what a slip of the pen could make of an operator, a constant, a condition.

Pure: source in, changed syntax trees out. Only what stands inside functions is changed, and nothing that only people
read: docstrings, annotations, the words of reasons in f-strings.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One fault: where, what stood there, what stands there now, and the whole module with it."""

    line: int
    function: str
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.line} {self.function}: `{self.before}` -> `{self.after}`"


COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
RECKONED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
NAMED = {"min": "max", "max": "min", "any": "all", "all": "any"}

Change = Callable[[ast.AST], ast.AST | None]


def mutants(source: str) -> Iterator[Mutant]:
    """Every fault, in the order of the lines."""
    tree = ast.parse(source)
    for function, place in _places(tree):
        node = _at(tree, place)
        for change in changes(node):
            mutated = copy.deepcopy(tree)
            changed = change(_at(mutated, place))
            if changed is None:
                continue
            _put(mutated, place, ast.copy_location(changed, node))
            ast.fix_missing_locations(mutated)
            yield Mutant(node.lineno, function, _said(node), _said(changed), mutated)


def changes(node: ast.AST) -> Iterator[Change]:
    """What may go wrong with that node."""
    match node:
        case ast.Compare(ops=[only]) if type(only) in COMPARED:
            yield lambda node: ast.Compare(node.left, [COMPARED[type(only)]()], node.comparators)
        case ast.Compare(ops=ops):
            for place in range(len(ops)):
                yield lambda node, place=place: _compared_otherwise(node, place)
        case ast.BoolOp(op=op):
            yield lambda node: ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield lambda node: node.operand
        case ast.BinOp(op=op) if type(op) in RECKONED:
            yield lambda node: ast.BinOp(node.left, RECKONED[type(op)](), node.right)
        case ast.UnaryOp(op=ast.USub()):
            yield lambda node: node.operand
        case ast.Constant(value=bool() as value):
            yield lambda node: ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield lambda node: ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield lambda node: ast.Constant(f"XX{value}")
        case ast.Call(func=ast.Name(id=name)) if name in NAMED:
            yield lambda node: ast.Call(ast.Name(NAMED[name], ast.Load()), node.args, node.keywords)
        case ast.Call(func=ast.Name(id="replace"), keywords=keywords):
            for place in range(len(keywords)):
                yield lambda node, place=place: ast.Call(
                    node.func, node.args, node.keywords[:place] + node.keywords[place + 1 :]
                )
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield lambda node: ast.Return(ast.Constant(None))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if isinstance(test, _BARE):
            yield _turned
        case ast.AugAssign():
            yield lambda node: ast.Pass()


_BARE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)  # a condition without an operator of its own


def _turned(node: ast.AST) -> ast.AST:
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def _compared_otherwise(node: ast.Compare, place: int) -> ast.Compare | None:
    other = COMPARED.get(type(node.ops[place]))
    ops = [other() if number == place and other else op for number, op in enumerate(node.ops)]
    return ast.Compare(node.left, ops, node.comparators) if other else None


# ---------------------------------------------------------------- where

Place = tuple[tuple[str, int | None], ...]  # from the module down: field, and which one in a list


def _places(tree: ast.Module) -> Iterator[tuple[str, Place]]:
    yield from _below(tree, (), "")


def _below(node: ast.AST, place: Place, function: str) -> Iterator[tuple[str, Place]]:
    """The places inside functions, with the name of the outermost."""
    inside = function or ("<lambda>" if isinstance(node, ast.Lambda) else "")
    if isinstance(node, ast.FunctionDef):
        inside = function or node.name
    if inside and hasattr(node, "lineno") and not isinstance(node, ast.FunctionDef | ast.Lambda):
        yield inside, place
    for name, value in ast.iter_fields(node):
        if name in _NOT_CODE or isinstance(node, ast.JoinedStr):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, child in children:
            if isinstance(child, ast.AST) and not _docstring(node, name, number, child):
                yield from _below(child, (*place, (name, number)), inside)


_NOT_CODE = ("annotation", "returns", "decorator_list", "defaults", "kw_defaults", "args_annotation")


def _docstring(parent: ast.AST, name: str, number: int | None, child: ast.AST) -> bool:
    first = name == "body" and number == 0 and isinstance(parent, ast.FunctionDef | ast.ClassDef | ast.Module)
    return first and isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)


def _at(tree: ast.AST, place: Place) -> ast.AST:
    for name, number in place:
        value = getattr(tree, name)
        tree = value if number is None else value[number]
    return tree


def _put(tree: ast.AST, place: Place, new: ast.AST) -> None:
    parent = _at(tree, place[:-1])
    name, number = place[-1]
    if number is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[number] = new


def _said(node: ast.AST) -> str:
    first = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).splitlines()[0]
    return first if len(first) <= 110 else f"{first[:107]}..."

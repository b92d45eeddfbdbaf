"""One row per address of the console: how views are given to the blueprint."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response

View = Callable[..., Response]  # view(door, **arguments of the rule)


@dataclass(frozen=True, slots=True)
class Route:
    """`rule` is without `/console`; `endpoint` is a row of `console.access.ACCESS`."""

    method: str
    rule: str
    endpoint: str
    view: View

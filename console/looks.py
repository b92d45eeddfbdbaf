"""The addresses of the staff pages' stylesheet and drawings, each with its content's hash."""

from functools import lru_cache

from base.paths import data_path
from base.tokens import digest


@lru_cache
def asset(name: str) -> str:
    """The address of `static/<name>`, which the public door serves."""
    return f"/static/{name}?v={digest(data_path('static', name).read_bytes())[:12]}"

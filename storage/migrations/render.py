"""How our column types are named in a migration: constants at its head, in SQLAlchemy's own words."""

from typing import Any, Literal

from sqlalchemy import JSON, BigInteger

from storage.types import UtcDateTime

_NAMES = ((UtcDateTime, "AT"), (JSON, "JSON"), (BigInteger, "ID"))


def render_item(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Alembic's hook; False leaves the item to Alembic."""
    if kind != "type":
        return False
    return next((name for type_, name in _NAMES if isinstance(item, type_)), False)

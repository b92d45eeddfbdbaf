"""How our column types are written in a migration: in the words of SQLAlchemy, so that old ones stay as they were."""

from typing import Any, Literal

from sqlalchemy import JSON, BigInteger

from storage.types import UtcDateTime

_JSON = "sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql')"


def render_item(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Alembic's hook; False leaves the item to Alembic."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, JSON):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return _JSON
    if isinstance(item, BigInteger):
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    return False

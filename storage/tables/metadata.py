"""What all tables have in common: how their keys and indexes are called, and where they are listed."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(
    name: str, *parts: Column[Any] | CheckConstraint | Index | PrimaryKeyConstraint | UniqueConstraint, **options: Any
) -> Table:
    return Table(name, metadata, *parts, **options)

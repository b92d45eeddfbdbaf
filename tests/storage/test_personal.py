"""Every table and column says what it holds of people: nothing can be stored that no right reaches."""

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from storage.personal import HOLDINGS, of_leads, tables
from storage.schema import metadata


def undeclared(known: MetaData) -> list[str]:
    """Columns that no holding names, or that two kinds name; and what is declared and not there."""
    wrong = []
    for table in known.sorted_tables:
        holding = HOLDINGS.get(table.name)
        if holding is None:
            wrong.append(table.name)
            continue
        named = [name for kind in ("personal", "figure", "staff", "secret", "working")
                 for name in getattr(holding, kind).split()] + ([holding.lead] if holding.lead else [])  # fmt: skip
        wrong += [f"{table.name}.{name}" for name in sorted({*table.columns.keys()} ^ {*named})]
        wrong += [f"{table.name}.{name} twice" for name in named if named.count(name) > 1]
    return wrong


def test_every_table_and_column_is_declared_once():
    assert undeclared(metadata) == []
    assert {*HOLDINGS} == {*metadata.tables}


def test_a_new_table_or_column_is_found():
    other = MetaData()
    Table("habits", other, Column("id", Integer))
    Table("notes", other, *(Column(name, String) for name in (*metadata.tables["notes"].columns.keys(), "mood")))
    assert undeclared(other) == ["habits", "notes.mood"]


def test_whatever_refers_to_a_lead_is_theirs():
    """By a foreign key, or by a column of that name: such a table must say how its rows lead to somebody."""
    silent = [
        table.name
        for table in metadata.sorted_tables
        if not HOLDINGS[table.name].lead
        and ("lead_id" in table.columns or any(key.column.table.name == "leads" for key in table.foreign_keys))
    ]
    assert silent == []


@pytest.mark.parametrize("table", tables(), ids=str)
def test_what_is_personal_has_a_way_to_its_lead(table):
    assert str(of_leads(table, [1]))


def test_what_says_something_of_people_is_somebodys():
    assert [name for name, one in HOLDINGS.items() if one.columns("personal") and not one.lead] == []

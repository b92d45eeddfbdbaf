"""What the tests of the composition room share: a folder to edit in."""

import shutil

import pytest

from base.paths import data_path
from storage.migrate import head


@pytest.fixture
def content(tmp_path, monkeypatch, database, database_url):
    """A working folder with a copy of the content in force, for commands that find the database of `lively`."""
    for statement in (
        "CREATE TABLE alembic_version (version_num text)",
        f"INSERT INTO alembic_version VALUES ('{head()}')",
    ):
        database.write(lambda conn, statement=statement: conn.exec_driver_sql(statement) and None)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(data_path("content"), tmp_path / "content", copy_function=shutil.copyfile)
    monkeypatch.setenv("TERREAU__MAIL__TRANSPORT", "maildir")
    monkeypatch.setenv("TERREAU__DATABASE__URL", database_url)
    return tmp_path / "content"

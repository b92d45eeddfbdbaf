"""The house is composed as its settings say."""

from contextlib import closing
from pathlib import Path

import pytest

from base.config import Config
from base.paths import data_path
from leads.identity import Capture, record
from storage.trouble import StorageUnavailable
from terreau.house import House
from terreau.preparing import content_in_force, prepare


def somebody(number: int, release_id: int) -> Capture:
    return Capture(
        form="lettre",
        page="lettre",
        locale="fr",
        answers={},
        columns={"email": f"ada{number}@x.example"},
        fields={},
        consents=(),
        touch={},
        idempotency_key=str(number),
        release_id=release_id,
    )


def test_the_engine_takes_as_many_leads_at_a_time_as_the_settings_say(tmp_path: Path, database_url: str):
    config = Config.model_validate(
        {
            "database": {"url": database_url},
            "data": {"dir": tmp_path},
            "content": {"dir": data_path("content")},
            "mail": {"transport": "maildir"},
            "engine": {"batch": 3},
        }
    )
    with closing(House.build(config)) as house:
        content_in_force(house)
        now, release_id = house.clocks.moment(), house.releases.in_force().release_id or 0
        for number in range(5):
            house.database.write(lambda conn, n=number: record(conn, somebody(n, release_id), now))
        while house.engine.begin_broadcasts():
            pass
        assert [house.engine.work() for _ in range(3)] == [3, 2, 0]


def test_a_worker_who_cannot_say_that_it_leaves_keeps_no_other_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def away() -> None:
        raise StorageUnavailable("away")

    config = Config.model_validate({"database": {"url": f"sqlite:///{tmp_path}/terreau.db"}, "data": {"dir": tmp_path}})
    prepare(config)
    left: list[str] = []
    with closing(House.build(config)) as house:
        monkeypatch.setattr(type(house.engine), "leave", lambda engine: away())
        monkeypatch.setattr(type(house.sender), "leave", lambda sender: left.append("sender"))
        monkeypatch.setattr(type(house.notifier), "leave", lambda notifier: left.append("notifier"))
        house.leave()
    assert left == ["sender", "notifier"]

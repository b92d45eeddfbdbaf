"""The public door on the example content, on both databases; and a client that fills forms as a browser would."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from authoring.blobs import BlobDirectory
from authoring.releases import Releases, apply
from base.config import Config
from base.tokens import Signer
from capture.blueprint import open_public_door
from capture.door import Door
from storage.database import Database, StorageUnavailable
from tests.campaigns import seed

__all__ = ["seed"]  # a fixture
BASE_URL = "https://lumen.example"


def config_of(**sections: Any) -> Config:
    return Config.model_validate({"site": {"base_url": BASE_URL, **sections.pop("site", {})}, **sections})


def app_of(door: Door) -> Flask:
    app = Flask("terreau", static_folder=None)
    open_public_door(app, door)
    return app


@pytest.fixture
def blobs(tmp_path: Path) -> BlobDirectory:
    return BlobDirectory(tmp_path / "blobs")


@pytest.fixture
def released(fragile: Any, clocks: Any, blobs: BlobDirectory, example: Any) -> Releases:
    """The example content, in force."""
    tree, site = example
    apply(fragile, tree, site, "ada", None, None, clocks.moment(), blobs)
    return Releases(fragile, blobs, patience=0)


class Fragile:
    """A database that can be taken away and given back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.gone = False  # for reading and writing; `writes_gone` for writing only
        self.writes_gone = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._refuse(self.gone)
        with self._database.read() as conn:
            yield conn

    def write(self, job: Any, timeout: float | None = None) -> Any:
        self._refuse(self.gone or self.writes_gone)
        return self._database.write(job, timeout)

    @staticmethod
    def _refuse(gone: bool) -> None:
        if gone:
            raise StorageUnavailable("the test took the database away")


@pytest.fixture
def fragile(database: Database) -> Fragile:
    return Fragile(database)


@pytest.fixture
def door(fragile: Any, released: Releases, clocks: Any, keys: Any, blobs: BlobDirectory) -> Door:
    signer = Signer(keys.signing, clocks.machine)
    return Door(fragile, released, config_of(), clocks, signer, keys, blobs)


class Browser:
    """Opens pages, fills the form it finds there, posts it some seconds later."""

    def __init__(self, app: Flask, clocks: Any, use_cookies: bool = True, base_url: str = BASE_URL) -> None:
        self.app = app
        self.client = app.test_client(use_cookies=use_cookies)
        self.clocks = clocks
        self.base_url = base_url

    def open(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=self.base_url, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> TestResponse:
        return self.client.post(path, data=data, base_url=self.base_url, **options)

    def send(self, path: str, answers: dict[str, str], after: float = 30) -> TestResponse:
        """Open the page, wait, fill in and send."""
        hidden = self.hidden(path)
        self.clocks.advance(timedelta(seconds=after))
        return self.post(path, {**hidden, **answers})

    def hidden(self, path: str, **options: Any) -> dict[str, str]:
        return self.hidden_of(self.open(path, **options))

    @staticmethod
    def hidden_of(answer: TestResponse) -> dict[str, str]:
        """What the page itself put into the form."""
        found: dict[str, str] = {}
        for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", answer.text):
            attributes = dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag))
            found[html.unescape(attributes["name"])] = html.unescape(attributes.get("value", ""))
        return found


@pytest.fixture
def browser(door: Door, clocks: Any) -> Browser:
    return Browser(app_of(door), clocks)


@pytest.fixture
def browse(door: Door, clocks: Any) -> Callable[..., Browser]:
    """A browser on the same house, set otherwise: `browse(use_cookies=False, server={"form_min_seconds": 0})`."""

    def made(use_cookies: bool = True, **sections: Any) -> Browser:
        return Browser(app_of(replace(door, config=config_of(**sections))), clocks, use_cookies)

    return made

"""The public door on the example content, on both databases; and a client that fills forms as a browser would."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import Releases, apply
from authoring.tree import read_tree
from base.config import Config
from base.paths import data_path
from base.tokens import Signer
from capture.blueprint import open_public_door
from capture.door import Door
from storage.database import open_database

BASE_URL = "https://lumen.example"


def config_of(**sections: Any) -> Config:
    return Config.model_validate({"site": {"base_url": BASE_URL}, **sections})


def app_of(door: Door) -> Flask:
    app = Flask("terreau", static_folder=None)
    open_public_door(app, door)
    return app


@pytest.fixture
def blobs(tmp_path: Path) -> BlobDirectory:
    return BlobDirectory(tmp_path / "blobs")


@pytest.fixture
def released(database: Any, clocks: Any, blobs: BlobDirectory) -> Releases:
    """The example content, in force."""
    tree = read_tree(data_path("content"))
    site, problems = load_site(tree)
    assert site is not None, problems
    apply(database, tree, site, "ada", None, None, clocks.moment(), blobs)
    return Releases(database, blobs)


@pytest.fixture
def door(database: Any, released: Releases, clocks: Any, keys: Any, blobs: BlobDirectory) -> Door:
    signer = Signer(keys.signing, clocks.machine)
    return Door(database, released, config_of(), clocks, signer, keys, blobs)


class Browser:
    """Opens pages, fills the form it finds there, posts it some seconds later."""

    def __init__(self, app: Flask, clocks: Any) -> None:
        self.client = app.test_client()
        self.clocks = clocks

    def open(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=BASE_URL, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> TestResponse:
        return self.client.post(path, data=data, base_url=BASE_URL, **options)

    def send(self, path: str, answers: dict[str, str], after: float = 30, **extra: str) -> TestResponse:
        """Open the page, wait, fill in and send."""
        hidden = self.hidden(path)
        self.clocks.advance(timedelta(seconds=after))
        return self.post(path, {**hidden, **answers, **extra})

    def hidden(self, path: str, **options: Any) -> dict[str, str]:
        return hidden_fields(self.open(path, **options).text)


def hidden_fields(page: str) -> dict[str, str]:
    """What the page itself put into the form."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
        attributes = dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag))
        found[html.unescape(attributes["name"])] = html.unescape(attributes.get("value", ""))
    return found


@pytest.fixture
def browser(door: Door, clocks: Any) -> Browser:
    return Browser(app_of(door), clocks)


@pytest.fixture
def sqlite_only(database_url: str) -> Iterator[None]:
    """For what does not depend on the database: once is enough."""
    if not database_url.startswith("sqlite"):
        pytest.skip("shown once, on SQLite")
    yield


__all__ = ["BASE_URL", "Browser", "app_of", "config_of", "hidden_fields", "open_database"]

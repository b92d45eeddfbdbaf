"""What was vendored is what was pinned."""

import json
import runpy
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
FILES = [file for asset in json.loads((HERE / "manifest.json").read_text()) for file in asset["files"]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["to"])
def test_a_vendored_file_has_the_hash_of_the_manifest(file):
    sha384 = runpy.run_path(str(HERE / "fetch.py"))["sha384"]
    assert sha384((CHECKOUT / file["to"]).read_bytes()) == file["sha384"]

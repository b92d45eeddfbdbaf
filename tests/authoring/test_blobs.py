"""Both stores of files to give away keep one contract: whole or not at all, and nothing but hashes reaches them."""

import hashlib
import threading
from pathlib import Path

import pytest

from authoring.blobs import PART, BlobDamaged, BlobDirectory, BlobMissing, Blobs, BlobTable
from storage.database import Database


@pytest.fixture(params=["directory", "table"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> Blobs:
    return BlobDirectory(tmp_path / "blobs") if request.param == "directory" else BlobTable(database)


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


CONTENTS = {
    "nothing": b"",
    "a byte": b"\0",
    "one part": b"x" * PART,
    "one part and a byte": b"y" * (PART + 1),
    "three parts": b"z" * (3 * PART),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_what_was_put_comes_back_whole(content: bytes, blobs: Blobs) -> None:
    blobs.put(hash_of(content), content)
    blobs.put(hash_of(content), content)
    assert b"".join(blobs.open(hash_of(content))) == content
    assert blobs.size(hash_of(content)) == len(content)


def test_content_may_come_in_pieces_of_any_size(blobs: Blobs) -> None:
    pieces = [b"a" * 3, b"", b"b" * (2 * PART), b"c"]
    blobs.put(hash_of(b"".join(pieces)), iter(pieces))
    parts = list(blobs.open(hash_of(b"".join(pieces))))
    assert b"".join(parts) == b"".join(pieces)
    assert max(map(len, parts)) <= PART


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_of_another_hash_leaves_nothing(content: bytes, blobs: Blobs) -> None:
    wanted = content + b"!"
    with pytest.raises(BlobDamaged):
        blobs.put(hash_of(wanted), content)
    with pytest.raises(BlobMissing):
        blobs.open(hash_of(wanted))
    blobs.put(hash_of(wanted), wanted)
    assert b"".join(blobs.open(hash_of(wanted))) == wanted


def test_a_put_that_broke_off_leaves_nothing_and_can_be_begun_again(blobs: Blobs) -> None:
    content = b"x" * (3 * PART)

    def broken() -> object:
        yield b"y" * (4 * PART)
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="went away"):
        blobs.put(hash_of(content), broken())  # type: ignore[arg-type]
    with pytest.raises(BlobMissing):
        blobs.size(hash_of(content))
    blobs.put(hash_of(content), content)
    assert b"".join(blobs.open(hash_of(content))) == content


def test_a_blob_is_on_the_disk_before_its_name_and_its_name_before_anybody_is_told(
    tmp_path: Path, to_disk: list[str]
) -> None:
    BlobDirectory(tmp_path / "blobs").put(hash_of(b"abc"), b"abc")
    assert to_disk == ["3 bytes", "name", "folder"]


def folders_and_files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if not path.name.startswith("terreau.db"))


STRANGE = ["", "..", "../../etc/passwd", "/etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "0" * 62 + "/x"]


@pytest.mark.parametrize("hash", STRANGE)
def test_what_is_no_hash_is_missing_and_never_a_path(hash: str, blobs: Blobs, tmp_path: Path) -> None:
    before = folders_and_files(tmp_path)
    for call in (blobs.open, blobs.size):
        with pytest.raises(BlobMissing):
            call(hash)
    with pytest.raises((BlobMissing, BlobDamaged)):
        blobs.put(hash, b"x")
    assert folders_and_files(tmp_path) == before


def test_two_puts_at_once_are_one_blob(blobs: Blobs) -> None:
    content = b"x" * (2 * PART + 7)
    threads = [threading.Thread(target=blobs.put, args=(hash_of(content), content)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert b"".join(blobs.open(hash_of(content))) == content


def test_a_directory_holds_no_unfinished_files_afterwards(tmp_path: Path) -> None:
    blobs = BlobDirectory(tmp_path / "blobs")
    with pytest.raises(BlobDamaged):
        blobs.put(hash_of(b"a"), b"b")
    blobs.put(hash_of(b"a"), b"a")
    assert [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [hash_of(b"a")]


def test_a_table_is_seen_by_every_process_with_the_same_database(database: Database) -> None:
    BlobTable(database).put(hash_of(b"guide"), b"guide")
    assert b"".join(BlobTable(database).open(hash_of(b"guide"))) == b"guide"

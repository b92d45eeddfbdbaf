"""Which files belong to the content, and that nothing odd on a disk goes further than a problem."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from authoring.images import IMAGE_LIMIT
from authoring.load import load
from authoring.tree import BLOB_LIMIT, TEXT_LIMIT, Tree, read_tree

Write = Callable[..., Path]


def problems_of(root: Path) -> list[tuple[str, str, str | None]]:
    return [(problem.file, problem.message, problem.hint) for problem in read_tree(root).problems]


def test_good_content_has_no_problem_and_its_files_are_told_apart(good_tree: Tree) -> None:
    assert good_tree.problems == ()
    assert sorted(good_tree.blobs) == ["guide/guide-fr.pdf"]
    assert good_tree.blobs["guide/guide-fr.pdf"].size == 4
    assert b"".join(good_tree.blob_bytes("guide/guide-fr.pdf")) == b"%PDF"


def test_the_hash_follows_every_byte_and_name_and_nothing_else(write: Write) -> None:
    root = write({})
    before = read_tree(root).hash
    (root / "README.md").write_text("for us")
    (root / ".DS_Store").write_text("not for us")
    assert read_tree(root).hash == before
    (root / "magnets/guide/guide-fr.pdf").write_bytes(b"%PDG")
    assert read_tree(root).hash != before
    os.rename(write({}) / "forms/guide.toml", root / "forms/guides.toml")
    assert read_tree(root).hash != before


MISPLACED = [
    ("definition.toml", "this file does not belong here", "did you mean `definitions.toml`?"),
    ("page/x.toml", "there is no room for a folder `page` in the content", "did you mean `pages`?"),
    ("forms/x.tml", "this file does not belong here", "in `forms/` there is `forms/NAME.toml`"),
    ("forms/Contact.toml", "this file does not belong here", "in `forms/` there is `forms/NAME.toml`"),
    ("forms/deep/x.toml", "this file does not belong here", "in `forms/` there is `forms/NAME.toml`"),
    (
        "emails/welcome/third.md",
        "this file does not belong here",
        "in `emails/` there is `emails/SEQUENCE/EMAIL.LANGUAGE.md`, such as `emails/welcome/day-2.fr.md`",
    ),
    ("forms/été.toml", "the name `été.toml` will not do", "use letters without accents, digits and hyphens"),
    ("forms/a b.toml", "the name `a b.toml` will not do", "use letters without accents, digits and hyphens"),
    ("magnets/guide/a\nb.pdf", "the name `a\\nb.pdf` will not do", "use letters without accents, digits and hyphens"),
    ("magnets/-rf", "the name `-rf` will not do", "use letters without accents, digits and hyphens"),
]


@pytest.mark.parametrize(("path", "message", "hint"), MISPLACED, ids=lambda value: str(value)[:30])
def test_a_file_that_does_not_belong_is_a_problem(path: str, message: str, hint: str, write: Write) -> None:
    ((file, said, meant),) = problems_of(write({path: "x"}))
    assert (said, meant) == (message, hint)
    assert file in (path.replace("\n", "\\n"), "page")


def test_a_name_that_is_no_text_is_a_problem_that_can_be_printed(write: Write) -> None:
    root = write({})
    (root / "forms" / os.fsdecode(b"caf\xe9.toml")).write_text("x")
    ((file, message, _),) = problems_of(root)
    assert file == "forms/caf\\xe9.toml"
    assert message.isprintable()


def test_a_link_out_of_the_content_is_a_problem_and_is_not_followed(write: Write, tmp_path: Path) -> None:
    root = write({})
    (tmp_path / "secret.toml").write_text("key = 'secret'")
    (root / "forms/secret.toml").symlink_to(tmp_path / "secret.toml")
    (root / "magnets/secret.pdf").symlink_to("../../secret.toml")
    tree = read_tree(root)
    assert [(problem.file, problem.message) for problem in tree.problems] == [
        ("forms/secret.toml", "this is a link to a file outside the content"),
        ("magnets/secret.pdf", "this is a link to a file outside the content"),
    ]
    assert b"secret" not in b"".join(tree.texts.values())
    assert "secret.pdf" not in tree.blobs


def test_a_link_to_another_file_of_the_content_is_that_file(write: Write) -> None:
    root = write({})
    (root / "forms/same.toml").symlink_to("guide.toml")
    tree = read_tree(root)
    assert tree.problems == ()
    assert tree.texts["forms/same.toml"] == tree.texts["forms/guide.toml"]


def test_linked_folders_pipes_and_circles_are_problems_and_nothing_hangs(write: Write, tmp_path: Path) -> None:
    root = write({})
    (root / "emails/loop").symlink_to(root / "emails")
    (root / "forms/outside").symlink_to(tmp_path)
    (root / "forms/circle.toml").symlink_to("circle.toml")
    (root / "forms/nowhere.toml").symlink_to("gone.toml")
    os.mkfifo(root / "magnets/pipe")
    started = time.process_time()
    found = dict((file, message) for file, message, _ in problems_of(root))
    assert time.process_time() - started < 2
    assert set(found) == {"emails/loop", "forms/outside", "forms/circle.toml", "forms/nowhere.toml", "magnets/pipe"}
    assert found["magnets/pipe"] == "this is not a plain file"


def test_a_file_that_is_too_big_is_a_problem_and_is_not_read(write: Write) -> None:
    root = write({"forms/big.toml": b"#" * (10 * TEXT_LIMIT)})
    with (root / "magnets/film.mp4").open("wb") as film:
        film.truncate(BLOB_LIMIT + 1)
    assert [message for _, message, _ in problems_of(root)] == [
        "this file is too big: a text has at most 1 MB",
        "this file is too big: a file to give away has at most 200 MB",
    ]


PNG, JPEG, GIF = b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff\xe0...", b"GIF89a..."


def test_images_of_mails_are_read_whole_and_known_by_what_they_are(write: Write) -> None:
    tree = read_tree(
        write({"images/a.png": PNG, "images/deep/b.jpeg": JPEG, "images/c.JPG": JPEG, "images/d.gif": GIF})
    )
    assert tree.problems == ()
    kinds = {"images/a.png": "png", "images/c.JPG": "jpeg", "images/d.gif": "gif", "images/deep/b.jpeg": "jpeg"}
    assert {path: image.kind for path, image in sorted(tree.images.items())} == kinds
    assert tree.images["images/a.png"].content == PNG
    assert tree.entries()["images/a.png"]["kind"] == "image"


UNFIT = [
    ("images/a.svg", b"<svg/>", "a mail carries PNG, JPEG or GIF, and nothing else"),
    ("images/a", PNG, "a mail carries PNG, JPEG or GIF, and nothing else"),
    ("images/a.png", JPEG, "the name says PNG, and the bytes are something else"),
    ("images/a.jpg", b"", "the name says JPEG, and the bytes are something else"),
    ("images/a.gif", GIF * IMAGE_LIMIT, "this image is too big: one that travels in mails has at most 500 kB"),
]


@pytest.mark.parametrize(("path", "content", "message"), UNFIT, ids=lambda value: str(value)[:20])
def test_what_no_mail_can_carry_is_a_problem(path: str, content: bytes, message: str, write: Write) -> None:
    ((file, said, hint),) = problems_of(write({path: content}))
    assert (file, said) == (path, message)
    assert hint


def test_folders_without_end_stop_at_some_depth(write: Write) -> None:
    root = write({})
    (root / "magnets" / "/".join("d" * 40)).mkdir(parents=True)
    ((file, message, _),) = problems_of(root)
    assert message == "folders lie at most 8 deep"
    assert file == "magnets" + "/d" * 8


def test_a_folder_that_is_not_there_is_one_problem_that_names_it_and_says_what_to_do(tmp_path: Path) -> None:
    nowhere, file = tmp_path / "nowhere", tmp_path / "content.toml"
    file.touch()
    where = "or as `dir` under [content] in config.toml"
    elsewhere = f"where it lies elsewhere, say so with --content, {where}"
    for root, message in (
        (nowhere, f"there is no such folder (`terreau new site FOLDER` makes one; {elsewhere})"),
        (file, f"this is a file, and the content is a folder (name yours with `terreau --content FOLDER`, {where})"),
    ):
        assert [problem.sentence() for problem in load(read_tree(root)).problems] == [f"{root}: {message}"]


def test_definitions_that_are_too_big_are_not_called_missing_too(write: Write) -> None:
    root = write({"definitions.toml": b"#" * (TEXT_LIMIT + 1)})
    assert [problem.message for problem in load(read_tree(root)).problems] == [
        "this file is too big: a text has at most 1 MB"
    ]

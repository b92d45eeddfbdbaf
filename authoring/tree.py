"""A tree of content files as it lies on disk: which files belong, their bytes and their hash; not what they mean."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from authoring.images import FOLDER, IMAGE_LIMIT, Image, UnfitImage, image_of
from authoring.patterns import LOCALE, NAME
from authoring.site import StoredFile
from authoring.suggest import did_you_mean
from base.problems import Problem
from base.saying import Said, said
from base.system_words import why_of
from base.translations import msgid

TEXT_LIMIT = 1_000_000  # bytes; the largest honest sequence is a hundredth of it
BLOB_LIMIT = 200_000_000
DEPTH_LIMIT = 8
CHUNK = 1 << 18

_NAME, _LOCALE = NAME.strip("^$"), LOCALE.strip("^$")

# Every text file there can be; below magnets/ lie, in folders or not, the files to give away, below images/ those that
# mails carry.
KINDS: Mapping[str, re.Pattern[str]] = {
    "definitions": re.compile(r"definitions\.toml"),
    "costs": re.compile(r"costs\.toml"),
    "page": re.compile(rf"pages/(?P<name>{_NAME})\.toml"),
    "form": re.compile(rf"forms/(?P<name>{_NAME})\.toml"),
    "magnet": re.compile(rf"magnets/(?P<name>{_NAME})\.toml"),
    "sequence": re.compile(rf"sequences/(?P<name>{_NAME})\.toml"),
    "persona": re.compile(rf"personas/(?P<name>{_NAME})\.toml"),
    "email": re.compile(rf"emails/(?P<sequence>{_NAME})/(?P<name>{_NAME})\.(?P<locale>{_LOCALE})\.md"),
}
# What belongs in a folder, as an author reads it.
FOLDERS: Mapping[str, Said] = {
    "pages": said("`pages/NAME.toml`"),
    "forms": said("`forms/NAME.toml`"),
    "magnets": said("`magnets/NAME.toml`, and the files to give away"),
    "sequences": said("`sequences/NAME.toml`"),
    "emails": said("`emails/SEQUENCE/EMAIL.LANGUAGE.md`, such as `emails/welcome/day-2.fr.md`"),
    "personas": said("`personas/NAME.toml`"),
    "images": said("images for mails: PNG, JPEG and GIF"),
}
NOTES = {"README.md"}  # for people who look into the folder
_SHORTEN = said("make it smaller, or two of it")
_NAME_YOURS = said("name yours with `terreau --content FOLDER`, or as `dir` under [content] in config.toml")
_MAKE_ONE = said(
    "`terreau new site FOLDER` makes one; where it lies elsewhere, say so with --content, or as `dir` under [content]"
    " in config.toml"
)
TIMELINE = ".timeline.txt"  # beside a persona: what `terreau test` expects of it; no part of a release
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Tree:
    """`texts`: path -> bytes. `blobs`: path inside magnets/ -> hash and size; their bytes stay under `root`.

    `images`: path, with its images/ -> what a mail carries.
    """

    texts: Mapping[str, bytes]
    blobs: Mapping[str, StoredFile] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    root: Path | None = None
    images: Mapping[str, Image] = field(default_factory=dict)

    def entries(self) -> dict[str, dict[str, str | int]]:
        """What a release stores: {path: {"hash": sha256 hex, "kind": text | blob | image, "size": bytes}}, sorted."""
        texts = {path: _entry("text", sha256(content), len(content)) for path, content in self.texts.items()}
        blobs = {f"magnets/{path}": _entry("blob", blob.hash, blob.size) for path, blob in self.blobs.items()}
        images = {path: _entry("image", image.hash, len(image.content)) for path, image in self.images.items()}
        return dict(sorted({**texts, **blobs, **images}.items()))

    @property
    def hash(self) -> str:
        """One hash for the whole tree: the same files give the same hash, wherever they lie."""
        return sha256("".join(f"{path}\0{entry['hash']}\n" for path, entry in self.entries().items()).encode())

    def blob_bytes(self, path: str) -> Iterator[bytes]:
        """The bytes of a file to give away, in chunks; OSError when it has gone since it was read."""
        if self.root is None:
            raise FileNotFoundError(path)
        return _chunks(self.root / "magnets" / path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kind_of(path: str) -> tuple[str, dict[str, str]] | None:
    """The kind of a text file and the names in its path; None for what is none of the KINDS."""
    for kind, pattern in KINDS.items():
        if match := pattern.fullmatch(path):
            return kind, match.groupdict()
    return None


def read_tree(root: Path) -> Tree:
    """Every file under `root` that belongs there; every other file is a problem. Never leaves `root`, never raises."""
    if not root.is_dir():
        return Tree({}, {}, (_without_folder(root),), root)
    taken = _Taken()
    problems: list[Problem] = []
    for path, found in _walk(root):
        try:
            _take(root, path, found, taken)
        except _Stray as stray:
            problems.append(Problem(_printable(path), 1, 1, "error", stray.message, stray.hint))
        except OSError as error:
            message = said("this cannot be read: %(why)s", why=why_of(error))
            problems.append(
                Problem(_printable(path), 1, 1, "error", message, said("give this account the right to read"))
            )
    return Tree(taken.texts, taken.blobs, tuple(sorted(problems)), root, taken.images)


@dataclass(slots=True)
class _Taken:
    """What a tree has so far."""

    texts: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, StoredFile] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)


def _without_folder(root: Path) -> Problem:
    if root.exists():
        message, hint = said("this is a file, and the content is a folder"), _NAME_YOURS
    else:
        message, hint = said("there is no such folder"), _MAKE_ONE
    return Problem(_printable(str(root)), 0, 0, "error", message, hint)


class _Stray(Exception):
    def __init__(self, message: Said, hint: Said | None = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def _walk(root: Path) -> Iterator[tuple[str, Exception | None]]:
    """Paths below `root` in order, each with the reason why it cannot be taken, if there is one already."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError as error:
            yield folder or ".", error
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith(".") or entry.name in NOTES or _is_timeline(path):
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield path, None
            elif fault := _folder_fault(path):
                yield path, fault
            else:
                pending.append(path)


def _is_timeline(path: str) -> bool:
    return path.startswith("personas/") and path.endswith(TIMELINE)


def _folder_fault(path: str) -> _Stray | None:
    top = path.partition("/")[0]
    if top not in FOLDERS:
        hint = did_you_mean(top, FOLDERS, msgid("the folders are %(names)s"))
        return _Stray(said("there is no room for a folder `%(folder)s` in the content", folder=_printable(top)), hint)
    if path.count("/") >= DEPTH_LIMIT:
        return _Stray(said("folders lie at most %(depth)s deep", depth=DEPTH_LIMIT), said("move it further up"))
    return None


def _take(root: Path, path: str, found: Exception | None, taken: _Taken) -> None:
    if found:
        raise found
    _refuse_odd_names(path)
    _refuse_what_is_no_plain_file(root, path)
    if kind_of(path):
        taken.texts[path] = _read_text(root / path)
    elif path.startswith("magnets/") and not (path.endswith(".toml") and path.count("/") == 1):
        taken.blobs[path.removeprefix("magnets/")] = _read_blob(root / path)
    elif path.startswith(FOLDER):
        taken.images[path] = _read_image(root, path)
    else:
        raise _misplaced(path)


def _refuse_odd_names(path: str) -> None:
    for part in path.split("/"):
        if not PLAIN_NAME.fullmatch(part) or len(part) > 100:
            message = said("the name `%(name)s` will not do", name=_printable(part))
            raise _Stray(message, said("use letters without accents, digits and hyphens"))


def _refuse_what_is_no_plain_file(root: Path, path: str) -> None:
    real = Path(os.path.realpath(root / path, strict=True))
    if not real.is_relative_to(os.path.realpath(root)):
        raise _Stray(said("this is a link to a file outside the content"), said("copy the file here"))
    if not stat.S_ISREG(real.stat().st_mode):
        raise _Stray(said("this is not a plain file"), said("copy the file here"))


def _read_text(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(TEXT_LIMIT + 1)
    if len(content) > TEXT_LIMIT:
        raise _Stray(
            said("this file is too big: a text has at most %(size)s MB", size=TEXT_LIMIT // 1_000_000), _SHORTEN
        )
    return content


def _read_blob(file: Path) -> StoredFile:
    if file.stat().st_size > BLOB_LIMIT:
        most = BLOB_LIMIT // 1_000_000
        raise _Stray(said("this file is too big: a file to give away has at most %(size)s MB", size=most), _SHORTEN)
    total, size = hashlib.sha256(), 0
    for chunk in _chunks(file):
        total.update(chunk)
        size += len(chunk)
    return StoredFile(total.hexdigest(), size)


def _read_image(root: Path, path: str) -> Image:
    with (root / path).open("rb") as opened:
        content = opened.read(IMAGE_LIMIT + 1)
    if len(content) > IMAGE_LIMIT:
        most = IMAGE_LIMIT // 1000
        message = said("this image is too big: one that travels in mails has at most %(size)s kB", size=most)
        raise _Stray(message, said("make it smaller, or write its address with https://"))
    try:
        return image_of(path, content)
    except UnfitImage as unfit:
        raise _Stray(unfit.sentence, unfit.hint) from None


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def _misplaced(path: str) -> _Stray:
    top, _, below = path.partition("/")
    message = said("this file does not belong here")
    if not below:
        return _Stray(message, did_you_mean(path, ["definitions.toml", "costs.toml"], msgid("expected %(names)s")))
    return _Stray(message, said("in `%(folder)s/` there is %(what)s", folder=top, what=FOLDERS[top]))


def _entry(kind: str, hashed: str, size: int) -> dict[str, str | int]:
    return {"hash": hashed, "kind": kind, "size": size}


def _printable(path: str) -> str:
    """A path that can be shown: no control characters, no bytes that are no text."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

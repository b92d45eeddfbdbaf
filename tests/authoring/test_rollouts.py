"""What a rollout is tried against is read from the releases, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import Release, ReleaseRefused, Releases, apply
from authoring.rollouts import Rollout, newest_rollout, tried_against
from authoring.tree import read_tree
from base.clock import Moment
from storage.database import Database

FILE = "sequences/welcome.toml"
TRIED = 'sender = "chloe"\nrollout = 20'


class Author:
    """Edits the content and puts it in force, release after release."""

    def __init__(self, database: Database, moment: Moment, folder: Path, root: Path) -> None:
        self.database, self._moment, self.root = database, moment, root
        self._blobs = BlobDirectory(folder / "blobs")
        self.releases = Releases(database, self._blobs, patience=0)

    def applies(self, *pairs: tuple[str, str], file: str = FILE) -> Release:
        text = (self.root / file).read_text()
        for before, after in pairs:
            assert before in text
            text = text.replace(before, after, 1)
        (self.root / file).write_text(text)
        tree = read_tree(self.root)
        site, problems = load_site(tree)
        assert site is not None, problems
        return apply(self.database, tree, site, "ada", None, None, self._moment, self._blobs)

    @property
    def version(self) -> str:
        return self.releases.in_force().versions["welcome"]

    @property
    def former(self) -> str | None:
        return self.releases.in_force().former_versions.get("welcome")

    def newest(self) -> Rollout | None:
        with self.database.read() as conn:
            return newest_rollout(conn, "welcome", self.releases.in_force().release_id or 0)


@pytest.fixture
def author(database: Database, moment: Moment, tmp_path: Path, write: Callable[..., Path]) -> Author:
    return Author(database, moment, tmp_path, write({}))


def test_the_rest_enter_the_last_version_that_everybody_entered(author: Author) -> None:
    author.applies()
    first = author.version
    assert (author.former, author.newest()) == (None, None)
    author.applies(('sender = "chloe"', TRIED), ('wait = "2 days"', 'wait = "3 days"'))
    assert author.former == first
    author.applies(("Hello,", "Good day,"), file="emails/welcome/first.fr.md")
    assert author.former == first, "another file changed"
    author.applies(('wait = "3 days"', 'wait = "4 days"'))
    assert author.former == first, "the new version was edited again, before everybody entered it"
    author.applies(("rollout = 20", "rollout = 50"))
    assert author.former == first
    author.applies(("\nrollout = 50", ""))
    assert author.former is None
    everybody = author.version
    author.applies(('sender = "chloe"', TRIED), ('wait = "4 days"', 'wait = "5 days"'))
    assert author.former == everybody


def test_a_comment_makes_no_other_version(author: Author) -> None:
    author.applies()
    first = author.version
    author.applies(('sender = "chloe"', '# who writes\nsender = "chloe"'))
    author.applies(('sender = "chloe"', TRIED))
    assert author.former == first


def test_a_sequence_that_is_new_has_nothing_before_it(author: Author) -> None:
    author.applies(('sender = "chloe"', TRIED))
    author.applies(('wait = "2 days"', 'wait = "3 days"'))
    assert (author.former, author.newest()) == (None, None)


def test_a_rollout_lasts_as_long_as_version_and_share_are_the_same(author: Author) -> None:
    author.applies()
    first = author.version
    second = author.applies(('sender = "chloe"', TRIED), ('wait = "2 days"', 'wait = "3 days"'))
    third = author.applies(("Hello,", "Good day,"), file="emails/welcome/first.fr.md")
    tried = author.version
    assert author.newest() == Rollout(
        "welcome", 20, tried, first, second.id, third.id, second.created_at, under_way=True
    )
    fourth = author.applies(("rollout = 20", "rollout = 50"))
    widened = author.newest()
    assert widened is not None
    assert (widened.per_cent, widened.former, widened.first, widened.last) == (50, first, fourth.id, fourth.id)
    author.applies(("\nrollout = 50", ""))
    over = author.newest()
    assert over is not None
    assert (over.first, over.last, over.under_way) == (fourth.id, fourth.id, False)


def test_before_it_is_in_force_the_same_is_known_of_the_edit(author: Author) -> None:
    author.applies()
    former = author.releases.in_force()
    author.applies(('sender = "chloe"', TRIED))
    after = author.releases.in_force()
    assert tried_against(after, former) == after.former_versions == {"welcome": former.versions["welcome"]}
    assert tried_against(after, after) == after.former_versions
    assert tried_against(after, None) == {}


def test_a_release_that_lacks_a_text_of_the_version_of_before_is_refused(author: Author) -> None:
    author.applies()
    (author.root / "emails/welcome/second.fr.md").unlink()
    (author.root / "emails/welcome/second.en.md").unlink()
    edit = [('sender = "chloe"', TRIED), ('email = "second"', 'email = "first"')]
    with pytest.raises(ReleaseRefused, match="those outside the `rollout` of `welcome` still come to it"):
        author.applies(*edit)
    author.applies(("\nrollout = 20", ""))
    assert author.former is None

"""Content is released: stored once, in force at once, read back as it was written, on both databases."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import NoRelease, Release, ReleaseRefused, Releases, ReleaseUnreadable, apply
from authoring.site import Site
from authoring.stored import load_tree
from authoring.tree import Tree, read_tree
from base.clock import Moment
from storage.database import Database
from storage.schema import (
    adoptions,
    documents,
    enrolments,
    in_force,
    leads,
    refolds,
    releases,
    sequence_versions,
    standings,
)

Write = Callable[..., Path]
Apply = Callable[[Path], Release]


@pytest.fixture
def blobs(tmp_path: Path) -> BlobDirectory:
    return BlobDirectory(tmp_path / "blobs")


@pytest.fixture
def store(database: Database, blobs: BlobDirectory) -> Releases:
    return Releases(database, blobs, patience=0)


@pytest.fixture
def put_in_force(database: Database, blobs: BlobDirectory, moment: Moment) -> Apply:
    def put(root: Path) -> Release:
        tree = read_tree(root)
        site, problems = load_site(tree)
        assert site is not None, problems
        return apply(database, tree, site, "ada", "c0ffee", "first", moment, blobs)

    return put


def counts(database: Database) -> dict[str, int]:
    with database.read() as conn:
        return {
            table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (documents, releases, in_force, sequence_versions)
        }


def test_before_the_first_apply_nothing_is_in_force(store: Releases) -> None:
    with pytest.raises(NoRelease, match="run `terreau apply`"):
        store.in_force()
    with pytest.raises(NoRelease):
        store.get(1)


def test_a_release_comes_back_as_it_was_written(
    put_in_force: Apply, store: Releases, blobs: BlobDirectory, loaded: object, good_tree: Tree, moment: Moment
) -> None:
    assert good_tree.root is not None
    release = put_in_force(good_tree.root)
    assert (release.author, release.git_commit, release.note, release.is_new) == ("ada", "c0ffee", "first", True)
    assert (release.created_at, release.hash) == (moment.machine, good_tree.hash)
    site, _ = load_site(good_tree)
    assert site is not None
    assert store.in_force() == replace(site, release_id=release.id)
    assert b"".join(blobs.open(store.in_force().files["guide/guide-fr.pdf"].hash)) == b"%PDF"
    assert store.sequence(site.versions["welcome"]) == site.sequences["welcome"]
    with pytest.raises(LookupError):
        store.sequence("0" * 64)


def test_the_images_of_mails_come_back_from_the_store_on_any_machine(
    put_in_force: Apply, store: Releases, write: Write, database: Database
) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
    release = put_in_force(write({"images/plan.png": content}))
    assert store.in_force().images["images/plan.png"].content == content
    again = load_tree(database, release.id)
    assert again.hash == release.hash
    assert (again.root, again.images) == (None, store.in_force().images)


def test_the_same_files_make_no_second_release(put_in_force: Apply, write: Write, database: Database) -> None:
    first = put_in_force(write({}))
    before = counts(database)
    again = put_in_force(write({}))
    assert (again.id, again.is_new) == (first.id, False)
    assert counts(database) == before == {"documents": 7, "releases": 1, "in_force": 1, "sequence_versions": 1}


def test_a_change_makes_a_release_and_going_back_makes_another(
    put_in_force: Apply, write: Write, store: Releases, change: Callable[..., Path], database: Database
) -> None:
    first = put_in_force(write({}))
    put_in_force(change("forms/guide.toml", "The guide", "Le guide"))
    assert store.in_force().forms["guide"].title == "Le guide"
    assert store.get(first.id).forms["guide"].title == "The guide"
    last = put_in_force(change("forms/guide.toml", "Le guide", "The guide"))
    assert (last.hash, last.is_new) == (first.hash, True)
    assert store.in_force().release_id == last.id != first.id
    assert counts(database)["documents"] == 8


def test_a_bad_tree_changes_nothing(
    put_in_force: Apply, write: Write, database: Database, blobs: BlobDirectory, moment: Moment, store: Releases
) -> None:
    root = write({})
    put_in_force(root)
    site, before = store.in_force(), counts(database)
    bad = read_tree(write({"forms/guide.toml": "title = 3"}))
    with pytest.raises(ReleaseRefused, match=r"forms/guide\.toml:1:9"):
        apply(database, bad, site, "bob", None, None, moment, blobs)
    stray = read_tree(write({"forms/guide.toml": (root / "pages/guide.toml").read_bytes(), "strange": "x"}))
    with pytest.raises(ReleaseRefused, match="does not belong here"):
        apply(database, stray, site, "bob", None, None, moment, blobs)
    assert counts(database) == before
    assert store.in_force() is site


def test_a_tree_that_is_not_the_one_that_was_checked_is_refused(
    good_tree: Tree,
    loaded: object,
    change: Callable[..., Path],
    database: Database,
    blobs: BlobDirectory,
    moment: Moment,
) -> None:
    site, _ = load_site(good_tree)
    other = read_tree(change("forms/guide.toml", "The guide", "Le guide"))
    assert site is not None
    with pytest.raises(ReleaseRefused, match="not what is to be applied"):
        apply(database, other, site, "bob", None, None, moment, blobs)
    assert counts(database)["releases"] == 0


def test_a_file_that_changes_while_it_is_applied_refuses_the_release(
    good_tree: Tree, database: Database, blobs: BlobDirectory, moment: Moment
) -> None:
    site, _ = load_site(good_tree)
    assert site is not None
    assert good_tree.root is not None
    (good_tree.root / "magnets/guide/guide-fr.pdf").write_bytes(b"another")
    with pytest.raises(ReleaseRefused, match="changed while it was read"):
        apply(database, good_tree, site, "ada", None, None, moment, blobs)
    assert counts(database) == {"documents": 0, "releases": 0, "in_force": 0, "sequence_versions": 0}


def enrol(database: Database, release: Release, version: str, step: str, moment: Moment, state: str = "active") -> None:
    at = moment.calendar
    lead = {"status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound", "created_at": at}
    enrolment = {
        "sequence": "welcome", "sequence_version": version, "entry_key": "", "state": state, "step": step,
        "occurrence": 1, "position": "waiting", "anchor_at": at, "entered_at": at, "entry_seq": 1,
        "release_id": release.id,
    }  # fmt: skip

    def job(conn: Connection) -> None:
        number = conn.execute(insert(leads).values(lead).returning(leads.c.id)).scalar_one()
        conn.execute(insert(enrolments).values(**enrolment, lead_id=number))

    database.write(job)


@pytest.fixture
def entered(put_in_force: Apply, write: Write, store: Releases) -> tuple[Release, str]:
    """A release in force, and the version of its sequence that leads have entered."""
    release = put_in_force(write({}))
    return release, store.in_force().versions["welcome"]


def without_second(write: Write) -> Path:
    """The sequence goes on without its second mail, whose texts are deleted."""
    root = write({})
    sequence = (
        (root / "sequences/welcome.toml").read_text().replace('wait = "2 days"\nemail = "second"', 'wait = "3 days"')
    )
    root = write({"sequences/welcome.toml": sequence})
    for locale in ("fr", "en"):
        (root / f"emails/welcome/second.{locale}.md").unlink()
    return root


def test_a_text_that_leads_on_their_way_still_come_to_may_not_go(
    entered: tuple[Release, str], put_in_force: Apply, write: Write, database: Database, moment: Moment, store: Releases
) -> None:
    release, version = entered
    enrol(database, release, version, "first", moment)
    enrol(database, release, version, "second", moment)
    enrol(database, release, version, "end", moment)
    with pytest.raises(ReleaseRefused) as refused:
        put_in_force(without_second(write))
    assert [problem.sentence() for problem in refused.value.problems] == [
        f"emails/welcome/second.{locale}.md:1:1: the file is gone, and 2 leads in the sequence `welcome` still need it "
        "(put it back until they are through, or choose for them: `--choose welcome=HOW`, "
        "where HOW is pin, adopt, next or exit)"
        for locale in ("en", "fr")
    ]
    assert store.in_force().release_id == release.id
    assert counts(database)["releases"] == 1


@pytest.mark.parametrize(("step", "state"), [("end", "active"), ("second", "left"), ("second", "completed")])
def test_a_text_that_nobody_comes_to_any_more_may_go(
    step: str,
    state: str,
    entered: tuple[Release, str],
    put_in_force: Apply,
    write: Write,
    database: Database,
    moment: Moment,
) -> None:
    enrol(database, *entered, step, moment, state)
    assert put_in_force(without_second(write)).is_new


def test_a_sequence_with_leads_in_it_may_not_go(
    entered: tuple[Release, str], put_in_force: Apply, write: Write, database: Database, moment: Moment
) -> None:
    enrol(database, *entered, "end", moment)
    root = write({})
    (root / "sequences/welcome.toml").unlink()
    with pytest.raises(ReleaseRefused) as refused:
        put_in_force(root)
    assert [problem.sentence() for problem in refused.value.problems] == [
        "sequences/welcome.toml:1:1: the file is gone, and 1 lead in the sequence `welcome` still needs it "
        "(put it back until they are through, or choose for them: `--choose welcome=HOW`, where HOW is exit)"
    ]


def test_a_topic_that_a_pinned_version_names_may_not_go(
    entered: tuple[Release, str], put_in_force: Apply, write: Write, database: Database, moment: Moment
) -> None:
    enrol(database, *entered, "end", moment)
    root = write({})
    for path in ("definitions.toml", "sequences/welcome.toml", "forms/guide.toml"):
        (root / path).write_text((root / path).read_text().replace("advice", "news"))
    with pytest.raises(ReleaseRefused, match=r"definitions\.toml has no topic `advice`, and 1 lead in the sequence"):
        put_in_force(root)


def test_a_stage_where_leads_stand_may_not_go(
    entered: tuple[Release, str], put_in_force: Apply, change: Callable[..., Path], database: Database, moment: Moment
) -> None:
    enrol(database, *entered, "end", moment, "left")
    standing = {
        "lead_id": 1, "stage": "mql", "stage_since": moment.calendar, "cycle": 1, "engagement": 0, "fit": 0,
        "temperature": "cold", "interests": {}, "segments": [], "buckets": {}, "verdict_seq": 0, "human_seq": 0,
        "as_of": moment.calendar, "release_id": entered[0].id,
    }  # fmt: skip
    database.write(lambda conn: conn.execute(insert(standings).values(standing)))
    change("definitions.toml", 'id = "mql"', 'id = "hot"')
    root = change("sequences/welcome.toml", 'stage_at_least = "mql"', 'stage_at_least = "hot"')
    with pytest.raises(ReleaseRefused, match="the stage `mql` is gone, and 1 lead stands there"):
        put_in_force(root)


def test_what_was_missing_before_refuses_nothing(
    put_in_force: Apply, write: Write, database: Database, moment: Moment, store: Releases
) -> None:
    root = write({})
    (root / "emails/welcome/second.en.md").unlink()
    release = put_in_force(root)
    enrol(database, release, store.in_force().versions["welcome"], "first", moment)
    (root / "sequences/welcome.toml").write_text((root / "sequences/welcome.toml").read_text() + "\n# later\n")
    assert put_in_force(root).is_new


def test_in_force_looks_once_in_a_while_and_sees_the_next_release_then(
    put_in_force: Apply, write: Write, change: Callable[..., Path], database: Database, blobs: BlobDirectory
) -> None:
    patient = Releases(database, blobs, patience=3600)
    first = put_in_force(write({}))
    assert patient.in_force().release_id == first.id
    second = put_in_force(change("forms/guide.toml", "The guide", "Le guide"))
    assert patient.in_force().release_id == first.id
    assert Releases(database, blobs).in_force().release_id == second.id


def test_many_threads_get_the_same_parsed_site(
    put_in_force: Apply, write: Write, database: Database, blobs: BlobDirectory
) -> None:
    put_in_force(write({}))
    shared = Releases(database, blobs, patience=0.01)
    shared.in_force()
    seen: list[Site] = []
    threads = [threading.Thread(target=lambda: seen.extend(shared.in_force() for _ in range(50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 400
    assert len({id(site) for site in seen}) == 1


def test_a_release_that_another_version_wrote_says_so(
    entered: tuple[Release, str], database: Database, store: Releases
) -> None:
    def job(conn: Connection) -> None:
        conn.execute(documents.update().values(text="version = 2"))

    database.write(job)
    fresh = Releases(database, store.blobs)
    with pytest.raises(ReleaseUnreadable, match=f"release {entered[0].id} cannot be read by this version"):
        fresh.in_force()


def test_the_time_of_a_release_is_the_machine_s(
    put_in_force: Apply, write: Write, clocks: object, moment: Moment, database: Database, blobs: BlobDirectory
) -> None:
    tree = read_tree(write({}))
    site, _ = load_site(tree)
    assert site is not None
    ahead = Moment(moment.calendar + timedelta(days=400), moment.machine)
    assert apply(database, tree, site, "ada", None, None, ahead, blobs).created_at == moment.machine


CHOSEN = {("welcome", "first"): "next", ("welcome", "second"): "next"}


def test_a_choice_lets_the_release_in_and_leaves_word_for_the_engine(
    entered: tuple[Release, str], write: Write, database: Database, moment: Moment, blobs: BlobDirectory
) -> None:
    enrol(database, *entered, "second", moment)
    tree = read_tree(without_second(write))
    site, _ = load_site(tree)
    assert site is not None
    release = apply(database, tree, site, "ada", None, None, moment, blobs, CHOSEN)
    with database.read() as conn:
        [row] = conn.execute(select(adoptions)).all()
        assert conn.execute(select(refolds)).all() == []
    assert (row.release_id, row.version, row.to_version) == (release.id, entered[1], site.versions["welcome"])
    assert (row.moves, row.done_at) == ({"first": ["next", "choose"], "second": ["next", "end"]}, None)


def test_whoever_stands_on_a_deleted_step_is_asked_about_in_the_flip_itself(
    entered: tuple[Release, str], put_in_force: Apply, write: Write, database: Database, moment: Moment
) -> None:
    """The choice is asked for when somebody stands there, and only then."""
    root = write({})
    file = root / "sequences/welcome.toml"
    file.write_text('on_edit = "adopt"\n' + file.read_text().replace('id = "second"', 'id = "deuxieme"', 1))
    file.write_text(file.read_text().replace('otherwise = "second"', 'otherwise = "deuxieme"'))
    enrol(database, *entered, "second", moment)
    with pytest.raises(ReleaseRefused) as refused:
        put_in_force(root)
    assert [problem.sentence() for problem in refused.value.problems] == [
        "sequences/welcome.toml:1:1: the step `second` is gone, and 1 lead stands there (is it `deuxieme` now? "
        "choose for them: `--choose welcome/second=HOW`, where HOW is pin, adopt, next or exit)"
    ]
    database.write(lambda conn: conn.execute(enrolments.update().values(step="first")) and None)
    assert put_in_force(root).is_new


def test_a_release_that_judges_otherwise_is_to_be_taken_to_every_lead(
    entered: tuple[Release, str], put_in_force: Apply, change: Callable[..., Path], database: Database
) -> None:
    put_in_force(change("definitions.toml", 'label = "Sent a form"', 'label = "Sent any form"'))
    release = put_in_force(change("definitions.toml", "points = 10", "points = 20"))
    with database.read() as conn:
        assert [(row.release_id, row.announce) for row in conn.execute(select(refolds))] == [(release.id, False)]

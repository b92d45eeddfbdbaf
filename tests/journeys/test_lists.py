"""A list through the whole house: nobody on it is written to, unless a sequence says so and they agreed."""

import io
import shutil

import pytest
from sqlalchemy import select

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import apply
from authoring.tree import read_tree
from base.paths import data_path
from leads.imports import ledger
from leads.imports.mapping import targets_of
from leads.imports.reading import Wishes, survey
from leads.imports.running import take_in
from leads.imports.settings import Policy, Settings
from leads.imports.writing import Source
from storage.schema import enrolments, leads, messages, standings

SALON = """title = { fr = "Après le salon", en = "After the fair" }
topic = "lettre"
sender = "ines"
class = "marketing"
audience = "everyone"
filter = { consent = "lettre" }

[[trigger]]
event = "imported"
subject = "salon-2026"

[[step]]
id = "bonjour"
email = "bonjour"
"""
LIST = "Courriel;Lettre\nada@example.org;oui\nbob@example.org;non\nchloe@example.org;oui\n"
PROOF = {"wording": "Je veux la lettre.", "proven_by": "paper", "consent_on": "2026-10-01"}


@pytest.fixture
def fair(lively, clocks, tmp_path, keys):
    """The example with one more sequence, for those of the list `salon-2026`; gives a verb that takes lists in."""
    content = tmp_path / "content"
    shutil.copytree(data_path("content"), content)
    (content / "sequences" / "salon.toml").write_text(SALON)
    (content / "emails" / "salon").mkdir()
    for locale in ("fr", "en"):
        text = (content / "emails" / "lettre-novembre" / f"lettre.{locale}.md").read_text()
        (content / "emails" / "salon" / f"bonjour.{locale}.md").write_text(text)
    tree = read_tree(content)
    site, problems = load_site(tree)
    assert site is not None, problems
    blobs = BlobDirectory(tmp_path / "blobs")
    apply(lively.database, tree, site, "ada", None, None, clocks.moment(), blobs)

    def takes(text, source):
        file, now = io.BytesIO(text.encode()), clocks.machine()
        found = survey(file, Wishes(mapped=(("Lettre", "consent:lettre"),)), targets_of(site))
        settings = Settings.of(found, Policy(source=source, **PROOF), ("fr", "en"))
        run = lively.database.write(lambda conn: ledger.begin(conn, "x", found, settings, "ada", source, now))
        at = Source(run.import_id, found.hash, "ada", settings.policy, "fr", keys.suppression)
        take_in(file, settings, run, at, lively.database, clocks)
        lively.later(minutes=1)

    return takes


def entered(lively):
    with lively.database.read() as conn:
        named = select(leads.c.email, enrolments.c.sequence).join(leads, leads.c.id == enrolments.c.lead_id)
        written_to = select(leads.c.email).join(messages, messages.c.lead_id == leads.c.id)
        return sorted(conn.execute(named).all()), sorted(conn.execute(written_to).scalars())


def test_nobody_on_a_list_enters_a_sequence_that_does_not_name_it(lively, fair):
    fair(LIST, "another-list")
    assert entered(lively) == ([], [])
    with lively.database.read() as conn:
        stages = conn.execute(select(standings.c.stage, standings.c.engagement)).all()
        assert set(conn.execute(select(leads.c.status)).scalars()) == {"contact"}
    assert stages == [("contact", 0)] * 3


def test_those_of_the_list_that_a_sequence_names_are_written_to_where_they_agreed(lively, fair):
    fair(LIST, "salon-2026")
    lively.later(days=2)
    who, mails = entered(lively)
    assert who == [("ada@example.org", "salon"), ("chloe@example.org", "salon")]
    assert mails == ["ada@example.org", "chloe@example.org"]


def test_a_list_that_comes_again_writes_to_nobody_again(lively, fair):
    fair(LIST, "salon-2026")
    lively.later(days=2)
    fair(LIST + "dan@example.org;oui\n", "salon-2026")
    lively.later(days=2)
    assert entered(lively)[1] == ["ada@example.org", "chloe@example.org", "dan@example.org"]


def test_who_left_elsewhere_is_written_to_by_nobody_though_the_list_says_yes_too(lively, fair):
    left = "bob@example.org;oui;désabonné\nchloe@example.org;oui;NPAI\ndan@example.org;oui;2024-03-01\n"
    fair(f"Courriel;Lettre;Désabonné\nada@example.org;oui;\n{left}", "salon-2026")
    lively.later(days=2)
    assert entered(lively) == ([("ada@example.org", "salon")], ["ada@example.org"])

"""A list taken in, on both databases: who is made, who is filled in, and who stays left alone whatever it says."""

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.event import listen

from leads import consent, consenting, events
from leads.answering import ConsentAnswer
from leads.imports import ledger
from leads.imports.contacts import Reject, Remark
from leads.imports.mapping import Targets
from leads.imports.reading import Wishes, survey
from leads.imports.running import PACE, rehearse, take_in
from leads.imports.settings import Policy, Settings, Unproven
from leads.imports.writing import Source
from storage.chain import verify
from storage.schema import audit, audit_payloads, consents, import_rejects, lead_words, leads, wakes
from storage.schema import events as events_table

TARGETS = Targets(frozenset({"secteur"}), frozenset({"tips", "letter"}))
PROOF = {"wording": "Je veux recevoir les conseils.", "proven_by": "paper, stand B12", "consent_on": "2026-10-01"}
LIST = (
    "Prénom;Nom;Courriel;Tél.;Société;Secteur\n"
    "Ada;Lovelace;ADA@Example.org;06 39 98 12 34;Analytical;calcul\n"
    "Bob;Martin;bob@example.org;;;\n"
    "Chloé;Petit;;06 39 98 56 78;Atelier;\n"
    "Dan;;dan(at)example.org;;;\n"
    "Ada;Bis;ada@example.org;;;\n"
)


class Bureau:
    """Takes lists in, as the command does."""

    def __init__(self, database: Any, clocks: Any, keys: Any) -> None:
        self.database, self.clocks, self.keys = database, clocks, keys
        self.runs = 0

    def takes(
        self, text: str, policy: Policy | None = None, mapped: tuple[tuple[str, str], ...] = (), stop_after: int = 10**9
    ) -> ledger.Run:
        file = io.BytesIO(text.encode())
        found = survey(file, Wishes(mapped=mapped), TARGETS)
        settings = Settings.of(found, policy or Policy(), ("fr", "en"))
        self.runs += 1
        token, now = f"run {self.runs}", self.clocks.machine()
        run = self.database.write(lambda conn: ledger.begin(conn, "list.csv", found, settings, "ada", token, now))
        source = Source(run.import_id, found.hash, "ada", settings.policy, "fr", self.keys.suppression)
        asked = iter(range(10**9))
        return take_in(
            file, settings, run, source, self.database, self.clocks, stopped=lambda: next(asked) >= stop_after
        )

    def rehearses(
        self, text: str, policy: Policy | None = None, mapped: tuple[tuple[str, str], ...] = ()
    ) -> tuple[Any, list[Reject | Remark]]:
        file = io.BytesIO(text.encode())
        found = survey(file, Wishes(mapped=mapped), TARGETS)
        settings, kept_back = Settings.of(found, policy or Policy(), ("fr", "en")), []
        now = self.clocks.calendar()
        return rehearse(file, settings, self.database, self.keys.suppression, now, kept_back.append), kept_back

    def lead(self, email: str) -> Any:
        with self.database.read() as conn:
            return conn.execute(select(leads).where(leads.c.email == email)).one()

    def count(self, table: Any) -> int:
        with self.database.read() as conn:
            return int(conn.execute(select(func.count()).select_from(table)).scalar_one())

    def leave(self, email: str, scope: str, reason: str) -> None:
        kept = consent.address_hash(self.keys.suppression, email)
        self.database.write(lambda conn: consenting.suppress(conn, kept, scope, reason, self.clocks.machine()))

    def granted(self, email: str) -> frozenset[str]:
        lead = self.lead(email).id
        with self.database.read() as conn:
            return consent.granted(conn, [lead])[lead]


@pytest.fixture
def bureau(database, clocks, keys):
    return Bureau(database, clocks, keys)


def test_a_list_makes_contacts_with_their_event_their_wake_and_their_words(bureau):
    run = bureau.takes(LIST, Policy(source="salon-2026", tags=("salon",)))
    assert {name: run.counts[name] for name in ("rows", "accepted", "rejected", "created")} == {
        "rows": 5, "accepted": 3, "rejected": 2, "created": 3,
    }  # fmt: skip
    ada = bureau.lead("ada@example.org")
    assert (ada.status, ada.origin, ada.source, ada.tags) == ("contact", "outbound", "salon-2026", ["salon"])
    assert (ada.first_name, ada.last_name, ada.phone, ada.company) == ("Ada", "Lovelace", "+33639981234", "Analytical")
    assert ada.fields == {"secteur": "calcul"}
    with bureau.database.read() as conn:
        [event] = events.all_of(conn, ada.id)
        found = set(conn.execute(select(lead_words.c.word).where(lead_words.c.lead_id == ada.id)).scalars())
        row = ledger.one(conn, run.import_id)
        rejected = list(ledger.kept_back(conn, run.import_id))
    assert (event.name, event.subject, event.evidence) == ("imported", "salon-2026", "engine")
    assert (event.data["line"], event.data["by"], event.data["file"]) == (2, "ada", row.hash)
    assert {"ada", "lovelace", "analytical"} <= found
    assert [(one.line, one.code, one.about) for one in rejected] == [(5, "email_invalid", ""), (6, "duplicate", "2")]
    assert row.state == "done"


def test_the_same_list_again_touches_nobody(bureau):
    bureau.takes(LIST)
    before = bureau.count(events_table)
    again = bureau.takes(LIST)
    assert (again.counts["created"], again.counts["changed"], again.counts["unchanged"]) == (0, 0, 3)
    assert (bureau.count(leads), bureau.count(events_table)) == (3, before)


NEWER = "Prénom;Courriel;Société;Poste\nAugusta;ada@example.org;Autre;Comtesse\n"


@pytest.mark.parametrize(
    ("existing", "known_as"),
    [
        ("keep", ("Ada", "Analytical", None)),
        ("fill", ("Ada", "Analytical", "Comtesse")),
        ("overwrite", ("Augusta", "Autre", "Comtesse")),
    ],
)
def test_leads_who_are_known_change_as_the_policy_says(bureau, existing, known_as):
    bureau.takes(LIST)
    bureau.takes(NEWER, Policy(existing=existing))
    ada = bureau.lead("ada@example.org")
    assert (ada.first_name, ada.company, ada.job_title) == known_as


def test_an_empty_cell_never_empties_a_field(bureau):
    bureau.takes(LIST)
    bureau.takes("Prénom;Courriel;Société\n;ada@example.org;\n", Policy(existing="overwrite"))
    assert bureau.lead("ada@example.org").company == "Analytical"


@pytest.mark.parametrize("existing", ["fill", "overwrite"])
@pytest.mark.parametrize(
    ("known", "told", "called"),
    [
        ("Prénom;Courriel\nClaire;c@example.org\n", "Name;Courriel\nClaire;c@example.org\n", ("Claire", None)),
        ("Prénom;Courriel\nChloé;c@example.org\n", "Nom;Courriel\nCHLOE;c@example.org\n", ("Chloé", None)),
        ("Nom;Courriel\nClaire;c@example.org\n", "Prénom;Courriel\nClaire;c@example.org\n", (None, "Claire")),
        ("Name;Courriel\nAda Petit;c@example.org\n", "Name;Courriel\nAda;c@example.org\n", ("Ada", "Petit")),
        ("Courriel\nc@example.org\n", "Prénom;Nom complet;Courriel\nClaire;Claire;c@example.org\n", ("Claire", None)),
        ("Courriel\nc@example.org\n", "Prénom;Nom;Courriel\nThomas;Thomas;c@example.org\n", ("Thomas", "Thomas")),
        ("Prénom;Courriel\nAda;c@example.org\n", "Name;Courriel\nAda Petit;c@example.org\n", ("Ada", "Petit")),
    ],
)
def test_one_name_never_becomes_both_unless_a_list_tells_them_apart(bureau, existing, known, told, called):
    bureau.takes(known)
    bureau.takes(told, Policy(existing=existing))
    lead = bureau.lead("c@example.org")
    assert (lead.first_name, lead.last_name) == called


def test_what_a_list_says_of_a_lead_who_was_merged_stays_its_own(bureau, database):
    bureau.takes("Courriel\nada@example.org\nada.l@example.org\n")
    kept, gone = bureau.lead("ada@example.org").id, bureau.lead("ada.l@example.org").id
    pointer = wakes.update().where(wakes.c.lead_id == gone).values(survivor_id=kept)
    merged = leads.update().where(leads.c.id == gone).values(merged_into=kept)
    database.write(lambda conn: [conn.execute(one) and None for one in (merged, pointer)])
    bureau.takes("Courriel;Société\nada.l@example.org;Analytical\n")
    assert (bureau.lead("ada@example.org").company, bureau.lead("ada.l@example.org").company) == (None, "Analytical")


# ---------------------------------------------------------------- consent is only narrowed

OPTED = "Courriel;OK\nada@example.org;oui\nbob@example.org;non\n"
AS_CONSENT = (("OK", "consent:tips"),)


def test_consent_is_recorded_with_the_proof_that_was_given(bureau):
    run = bureau.takes(OPTED, Policy(**PROOF), AS_CONSENT)
    assert (bureau.granted("ada@example.org"), bureau.granted("bob@example.org")) == ({"tips"}, frozenset())
    with bureau.database.read() as conn:
        [row] = conn.execute(select(consents)).all()
        [event] = events.all_of(conn, row.lead_id)
    assert (row.wording, f"{row.at:%Y-%m-%d}") == (PROOF["wording"], "2026-10-01")
    assert {key: row.proof[key] for key in ("import_id", "line", "by", "given")} == {
        "import_id": run.import_id, "line": 2, "by": "ada", "given": "paper, stand B12",
    }  # fmt: skip
    assert event.name == "imported"  # no `consent_granted`: it is no act of today, and starts no sequence


@pytest.mark.parametrize("missing", ["wording", "proven_by", "consent_on"])
def test_consent_without_its_whole_proof_is_refused_before_anything_is_written(bureau, missing):
    with pytest.raises(Unproven, match="consent needs its proof"):
        bureau.takes(OPTED, Policy(**{**PROOF, missing: None}), AS_CONSENT)
    assert bureau.count(leads) == 0


def test_a_purchased_list_proves_nothing_and_its_contacts_stay_contacts(bureau):
    with pytest.raises(Unproven, match="purchased"):
        bureau.takes(OPTED, Policy(**PROOF, origin="purchased"), AS_CONSENT)
    bureau.takes(OPTED, Policy(origin="purchased"))
    assert (bureau.lead("ada@example.org").status, bureau.lead("ada@example.org").origin) == ("contact", "purchased")
    bureau.takes(OPTED, Policy(**PROOF), AS_CONSENT)  # nor does a second list, which says something else
    assert bureau.granted("ada@example.org") == frozenset()


@pytest.mark.parametrize("act", ["asked", "withdrawn"])
def test_a_list_never_stands_above_what_the_lead_did(bureau, clocks, act):
    bureau.takes("Courriel\nada@example.org\n")
    lead = bureau.lead("ada@example.org").id

    def job(conn: Any) -> None:
        how = {"locale": "fr", "proof": {}, "now": clocks.moment()}
        if act == "asked":
            consenting.ask(conn, lead, [ConsentAnswer("tips", "W", True)], form="f", **how)
        else:
            consenting.withdraw(conn, lead, ["tips"], **how)

    bureau.database.write(job)
    run = bureau.takes(OPTED, Policy(**PROOF, existing="overwrite"), AS_CONSENT)
    assert bureau.granted("ada@example.org") == frozenset()
    assert run.counts["no_consent"] == 1


@pytest.mark.parametrize("reason", ["unsubscribed", "hard_bounce", "complaint", "staff"])
def test_an_address_that_is_left_alone_stays_so_even_with_no_lead_behind_it(bureau, reason):
    bureau.leave("ada@example.org", "marketing", reason)
    run = bureau.takes(OPTED, Policy(**PROOF), AS_CONSENT)
    kept = consent.address_hash(bureau.keys.suppression, "ada@example.org")
    with bureau.database.read() as conn:
        assert consent.reasons(conn, [kept]) == {kept: {reason}}
    assert (bureau.granted("ada@example.org"), run.counts["suppressed"]) == (frozenset(), 1)


def test_whoever_asked_to_be_forgotten_is_not_made_again(bureau):
    bureau.leave("ada@example.org", "all", "erased")
    tally, rejects = bureau.rehearses(LIST)
    assert (tally.accepted, rejects[0]) == (2, Reject(2, "erased"))
    run = bureau.takes(LIST)
    with bureau.database.read() as conn:
        assert set(conn.execute(select(leads.c.email)).scalars()) == {"bob@example.org", None}
        assert next(ledger.kept_back(conn, run.import_id)) == Reject(2, "erased")


def test_the_day_of_a_column_counts_and_one_to_come_proves_nothing(bureau):
    text = "Courriel;OK;Le\nada@example.org;x;28/02/2025\nbob@example.org;x;02/2025\nchloe@example.org;x;2031-01-01\n"
    policy = Policy(wording="W", proven_by="P")
    bureau.takes(text, policy, (("OK", "consent:tips"), ("Le", "consent_at")))
    with bureau.database.read() as conn:
        days = [f"{at:%Y-%m-%d}" for at in conn.execute(select(consents.c.at)).scalars()]
    assert days == ["2025-02-28"]


NO_CONSENTS = (
    "Courriel;Mail perso;Tél;OK;Le\n"
    "ada@example.org;;;x;28/02/2025\n"
    "bob@example.org;;;x;02/2025\n"
    "chloe@example.org;;;x;2031-01-01\n"
    "dan@example.org;;;x;\n"
    "eve@example.org;;;x;28/02/2025\n"
    ";;06 39 98 56 78;x;28/02/2025\n"
    "nobody@;finn@example.org;;x;28/02/2025\n"
    "gone@example.org;;;x;28/02/2025\n"
    "bought@example.org;;;x;28/02/2025\n"
    "known@example.org;;;x;28/02/2025\n"
    "nothing@example.org;;;non;bientôt\n"
)
COLUMNS = (("OK", "consent:tips"), ("Le", "consent_at"), ("Mail perso", "email"), ("Courriel", "email"))
WITHHELD = [
    Remark(3, "no_day"), Remark(4, "day_to_come"), Remark(5, "no_consent_day"), Remark(7, "no_address"),
    Remark(8, "other_address"), Remark(9, "left_alone"), Remark(10, "bought"), Remark(11, "answered"),
]  # fmt: skip


def test_a_rehearsal_tells_of_each_consent_that_is_not_recorded_what_the_import_keeps(bureau, clocks):
    bureau.takes("Courriel\nbought@example.org\n", Policy(origin="purchased"))
    bureau.takes("Courriel\nknown@example.org\n")
    bureau.leave("gone@example.org", "marketing", "unsubscribed")
    how = {"locale": "fr", "proof": {}, "now": clocks.moment()}
    asked = [ConsentAnswer("tips", "W", True)]
    known = bureau.lead("known@example.org").id
    bureau.database.write(lambda conn: consenting.ask(conn, known, asked, form="f", **how) and None)
    policy = Policy(wording="W", proven_by="P")
    tally, kept_back = bureau.rehearses(NO_CONSENTS, policy, COLUMNS)
    run = bureau.takes(NO_CONSENTS, policy, COLUMNS)
    with bureau.database.read() as conn:
        assert list(ledger.kept_back(conn, run.import_id)) == WITHHELD
        assert ledger.reasons(conn, run.import_id) == {}
    assert kept_back == WITHHELD
    assert (tally.consents, tally.no_consent) == (2, 8) == (run.counts["consents"], run.counts["no_consent"])


def test_the_first_consents_that_were_not_recorded_are_asked_for_once_however_many_rows_were_not_taken(bureau):
    run = bureau.takes("Courriel\n")
    codes = [*["email_invalid"] * 1100, *["no_day", "nobody", "bought", "no_day"]]
    rows = [{"import_id": run.import_id, "line": line, "code": code, "about": ""} for line, code in enumerate(codes)]
    bureau.database.write(lambda conn: conn.execute(insert(import_rejects), rows) and None)
    asked = []
    with bureau.database.read() as conn:
        listen(conn, "before_cursor_execute", lambda _, __, statement, *more: asked.append(statement))
        assert ledger.remarks(conn, run.import_id, 2) == [Remark(1100, "no_day"), Remark(1102, "bought")]
    assert len(asked) == 1


def test_whoever_agreed_before_is_no_consent_that_could_not_be_recorded(bureau):
    bureau.takes(OPTED, Policy(**PROOF), AS_CONSENT)
    tally, kept_back = bureau.rehearses(OPTED, Policy(**PROOF), AS_CONSENT)
    again = bureau.takes(OPTED, Policy(**PROOF, tags=("b",)), AS_CONSENT)
    assert (tally.consents, tally.no_consent, kept_back) == (0, 0, [])
    assert (again.counts["consents"], again.counts["no_consent"]) == (0, 0)


# ---------------------------------------------------------------- stopped, and gone on with


def many(n: int) -> str:
    return "Courriel;Nom\n" + "".join(f"lead{i}@example.org;Nom {i}\n" for i in range(n))


def test_what_was_stopped_goes_on_where_it_was_and_nobody_is_there_twice(bureau):
    first = bureau.takes(many(350), stop_after=2)
    assert (first.counts["created"], bureau.count(leads)) == (200, 200)
    second = bureau.takes(many(350))
    assert (second.import_id, second.counts["rows"], second.counts["created"]) == (first.import_id, 350, 350)
    assert (bureau.count(leads), bureau.count(events_table)) == (350, 350)


def test_of_two_who_take_the_same_list_in_the_first_finds_out_and_writes_nothing_twice(bureau, clocks):
    first = bureau.takes(many(250), stop_after=1)
    bureau.takes(many(250))
    with pytest.raises(ledger.TakenOver):
        bureau.database.write(lambda conn: ledger.go_on(conn, first, 999, first.counts, [], clocks.machine()))
    assert bureau.count(leads) == 250


def test_contacts_of_a_list_become_due_at_a_pace_behind_whoever_just_sent_a_form(bureau, clocks):
    bureau.takes(many(300))
    with bureau.database.read() as conn:
        due = conn.execute(select(wakes.c.due_at).order_by(wakes.c.lead_id)).scalars().all()
    assert due[0] == clocks.calendar()
    assert due[-1] == clocks.calendar() + timedelta(seconds=200 / PACE)


def test_a_contact_known_by_a_number_alone_is_found_by_it(bureau):
    text = "Nom;Tél\nPetit;06 39 98 56 78\n"
    assert bureau.takes(text).counts["created"] == 1
    assert bureau.takes(text + ";\n").counts["unchanged"] == 1
    assert bureau.count(leads) == 1
    assert bureau.count(import_rejects) == 0


def test_a_list_is_entered_in_the_audit_chain_once_however_often_it_was_stopped(bureau):
    bureau.takes(many(250), stop_after=1)
    bureau.takes(many(250))
    with bureau.database.read() as conn:
        [row] = conn.execute(select(audit.c.act, audit_payloads.c.payload).join_from(audit, audit_payloads)).all()
        assert verify(conn, bureau.keys.suppression).breaks == ()
    assert (row.act, row.payload["by"], row.payload["origin"]) == ("list_taken_in", "ada", "outbound")

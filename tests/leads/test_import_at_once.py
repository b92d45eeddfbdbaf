"""Many rows written at once come to exactly what the rules give row by row, whatever the list and whoever is known."""

import io
import json
import random
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import Any

import phonenumbers
import pytest
from sqlalchemy import select

from leads import consent, consenting, words
from leads.addresses import canonical_phone
from leads.imports import columns
from leads.imports.contacts import Contact, Reject
from leads.imports.leaving import leavers
from leads.imports.mapping import Targets
from leads.imports.reading import Wishes, contacts, rows, survey
from leads.imports.settings import EXISTING, ORIGINS, Policy, Settings
from leads.imports.writing import Source, made_ready, write
from storage.database import open_database
from storage.schema import consents, events, lead_words, leads, preference_tokens, suppressions, wakes
from storage.scratch import FirstSeen
from storage.wakes import stir
from tests.leads.row_by_row import COUNTED, let_go, write_one

TARGETS = Targets(frozenset({"secteur"}), frozenset({"tips", "letter"}))
HEADER = "Prénom;Nom;Courriel;Tél.;Société;Secteur;Tags;Langue;Fuseau;Tips;Letter;Le;Désabonné le;NPAI\n"
CELLS: tuple[tuple[str, ...], ...] = (
    ("", "Ada", "Chloé", "BOB", "Œnone", "N/A"),
    ("", "Petit", "de la Tour", "O'Neill"),
    ("", *(f"lead{number}@Example.org" for number in range(20)), "pas une adresse"),
    ("", "", *(f"06 39 98 {number:02} {number:02}" for number in range(9)), "12"),
    ("", "Atelier 3", "Trois Pignons & Cie"),
    ("", "calcul", "bois"),
    ("", "salon", "salon, b", "c"),
    ("", "fr", "en", "klingon"),
    ("", "Europe/Paris", "Nowhere"),
    ("", "oui", "non"),
    ("", "x"),
    ("", "2025-02-28", "03/04/2024", "2031-01-01", "bientôt"),
    (*("",) * 8, "oui", "2020-02-28", "2031-01-01", "peut-être", "Plainte"),
    (*("",) * 9, "1"),
)
SEEDS = range(8)


@dataclass(frozen=True)
class Plan:
    """Three lists, one after the other, and who left or was merged between them; all of it by chance."""

    lists: tuple[str, ...]
    policies: tuple[Policy, ...]
    left: tuple[tuple[str, str, str], ...]
    merged: tuple[int, int]


def plan_of(seed: int) -> Plan:
    chance = random.Random(seed)
    lists = tuple(
        HEADER + "".join(";".join(chance.choice(cells) for cells in CELLS) + "\n" for _ in range(60)) for _ in range(3)
    )
    policies = tuple(_policy(chance, number) for number in range(3))
    reasons = (("marketing", "unsubscribed"), ("all", "erased"), ("all", "hard_bounce"))
    left = tuple((f"lead{number}@example.org", *chance.choice(reasons)) for number in chance.sample(range(20), 5))
    first, second = chance.sample(range(20), 2)
    return Plan(lists, policies, left, (first, second))


def _policy(chance: random.Random, number: int) -> Policy:
    return Policy(
        existing=chance.choice(EXISTING), origin=chance.choice([one for one in ORIGINS if one != "purchased"]),
        source=chance.choice([None, f"salon-{number}"]), tags=chance.choice([(), ("list", f"n{number}")]),
        wording="Oui.", proven_by="paper", consent_on=chance.choice([None, "2026-01-01"]),
    )  # fmt: skip


class Lists:
    """Takes the lists of a plan in, in the quick way or row by row."""

    def __init__(self, database: Any, clocks: Any, keys: Any) -> None:
        self.database, self.clocks, self.keys = database, clocks, keys

    def take_in(self, plan: Plan, at_once: bool) -> tuple[list[dict[str, int]], dict[str, list[Any]]]:
        counted = []
        for number, (text, policy) in enumerate(zip(plan.lists, plan.policies, strict=True)):
            counted.append(self._list(text, policy, number, at_once))
            if number == 0:
                self._between(plan)
        return counted, self.everything()

    def _list(self, text: str, policy: Policy, number: int, at_once: bool) -> dict[str, int]:
        file = io.BytesIO(text.encode())
        wished = (("Tips", "consent:tips"), ("Letter", "consent:letter"), ("Le", "consent_at"))
        found = survey(file, Wishes(mapped=wished), TARGETS)
        settings = Settings.of(found, policy, ("fr", "en"))
        source = Source(number, "hash", "ada", policy, "fr", self.keys.suppression)
        read = [*contacts(rows(file, settings.layout), settings.rules, FirstSeen())]
        named = [one for one in read if isinstance(one, Contact) or one.departure]
        assert any(isinstance(one, Contact) for one in named)
        assert any(isinstance(one, Reject) for one in read)
        outcomes = [self._written(some, source, at_once) for some in (named[:7], named[7:])]
        erased = [one.line for outcome in outcomes for one in outcome.erased]
        withheld: Counter[str] = Counter()
        for one in (one for outcome in outcomes for one in (*outcome.withheld, *outcome.stayed)):
            withheld[one.code] += one.line
        counts = {name: sum(getattr(one, name) for one in outcomes) for name in COUNTED}
        return counts | {"erased": sum(erased)} | withheld

    def _written(self, named: list[Contact | Reject], source: Source, at_once: bool) -> Any:
        now = self.clocks.moment()
        if at_once:
            ready = [made_ready(one, source, now.calendar) for one in named if isinstance(one, Contact)]
            gone = leavers(named, source.suppression_key, now.calendar)
            return self.database.write(lambda conn: write(conn, ready, source, now, gone))
        return write_one_by_one(self.database, named, source, now)

    def _between(self, plan: Plan) -> None:
        def job(conn: Any) -> None:
            for email, scope, reason in plan.left:
                kept = consent.address_hash(self.keys.suppression, email)
                consenting.suppress(conn, kept, scope, reason, self.clocks.machine())
            ids = {row.email: row.id for row in conn.execute(select(leads.c.email, leads.c.id))}
            into, gone = (ids.get(f"lead{number}@example.org") for number in plan.merged)
            if into is not None and gone is not None:
                seq = stir(conn, into, self.clocks.calendar())
                joined = {"survivor_id": into, "joined_seq": seq, "seq": seq, "folded_seq": seq, "due_at": None}
                conn.execute(leads.update().where(leads.c.id == gone).values(merged_into=into))
                conn.execute(wakes.update().where(wakes.c.lead_id == gone).values(**joined))
            for email in ("lead3@example.org", "lead8@example.org", "lead12@example.org"):
                if email in ids:
                    consenting.grant(conn, ids[email], ["tips"], locale="fr", proof={}, now=self.clocks.moment())
            rested = select(leads.c.id).where(leads.c.email < "lead15")
            conn.execute(wakes.update().where(wakes.c.lead_id.in_(rested)).values(due_at=None, folded_seq=1))

        self.database.write(job)

    def everything(self) -> dict[str, list[Any]]:
        """All that is stored, by who it is and not by number: which of two new leads comes first is left open."""
        with self.database.read() as conn:
            people = {row.id: row for row in conn.execute(select(leads))}
            names = {lead: f"{row.email} {row.phone if row.email is None else ''}" for lead, row in people.items()}
            kept = {"leads": [self._told(row, {"id"}, {"merged_into"}, names) for row in people.values()]}
            for table in (wakes, events, lead_words, consents, preference_tokens, suppressions):
                rows = conn.execute(select(table))
                kept[table.name] = [self._told(row, {"id", "token"}, {"lead_id", "survivor_id"}, names) for row in rows]
        return {name: sorted(told) for name, told in kept.items()}

    def _told(self, row: Any, left_out: set[str], who: set[str], names: dict[int, str]) -> str:
        values = {name: names.get(value, value) if name in who else value for name, value in row._asdict().items()}
        kept = {name: value for name, value in values.items() if name not in left_out}
        return json.dumps(kept, default=str, sort_keys=True)


@pytest.fixture
def fresh_database(sqlite_template, tmp_path):
    """Makes one more database, for what it is held against."""
    opened = []

    def fresh() -> Any:
        path = tmp_path / f"other-{len(opened)}.db"
        shutil.copyfile(sqlite_template, path)
        opened.append(open_database(f"sqlite:///{path}", durable=False))
        return opened[-1]

    yield fresh
    for one in opened:
        one.close()


def write_one_by_one(database: Any, named: list[Contact | Reject], source: Source, now: Any) -> Any:
    """Each row in a transaction of its own; what they came to together. Whoever was merged comes last: which of two
    who are one has the lower number is left open."""
    with database.read() as conn:
        merged = set(conn.scalars(select(leads.c.email).where(leads.c.merged_into.is_not(None))))
    named = sorted(named, key=lambda one: _address(one) in merged)
    people = [one for one in named if isinstance(one, Contact)]
    outcomes = [database.write(lambda conn, one=one: write_one(conn, one, source, now)) for one in people]
    gone = [(one.line, one.departure) for one in named if one.departure is not None]
    outcomes += [database.write(lambda conn, one=one: let_go(conn, *one, source, now)) for one in gone]
    whole = outcomes[0]
    for outcome in outcomes[1:]:
        for name in COUNTED:
            setattr(whole, name, getattr(whole, name) + getattr(outcome, name))
        whole.erased += outcome.erased
        whole.withheld += outcome.withheld
        whole.stayed += outcome.stayed
    return whole


def _address(one: Contact | Reject) -> str | None:
    if isinstance(one, Contact):
        return one.columns.get("email")
    return one.departure.addresses[0] if one.departure and one.departure.addresses else None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_written_at_once_comes_to_what_its_rows_do_one_by_one(database, fresh_database, clocks, keys, seed):
    plan = plan_of(seed)
    slow = Lists(fresh_database(), clocks, keys).take_in(plan, at_once=False)
    quick = Lists(database, clocks, keys).take_in(plan, at_once=True)
    assert quick[0] == slow[0]
    for table, told in slow[1].items():
        assert quick[1][table] == told


def test_the_plans_meet_every_case_that_a_row_can_come_to(fresh_database, clocks, keys):
    met: dict[str, int] = {}
    for seed in SEEDS:
        counted, _ = Lists(fresh_database(), clocks, keys).take_in(plan_of(seed), at_once=True)
        for name, count in ((name, count) for one in counted for name, count in one.items()):
            met[name] = met.get(name, 0) + count
    assert min(met.values()) >= 5, met


# ---------------------------------------------------------------- short ways that answer as the long ones


def test_a_letter_folds_alone_as_it_does_among_others():
    chance = random.Random(7)
    letters = [chr(code) for code in (*range(0x600), *(chance.randrange(0x110000) for _ in range(3000)))]
    for _ in range(3000):
        text = "".join(chance.choices(letters, k=chance.randrange(1, 12)))
        assert words.folded(text) == "".join(words.folded(letter) for letter in text)
        assert columns.folded(text.lower()) == columns.folded(columns.folded(text.lower()))


def test_a_plain_french_number_is_read_as_the_library_reads_it():
    chance = random.Random(7)
    for _ in range(500):
        pairs = [f"{chance.randrange(100):02}" for _ in range(4)]
        typed = f"0{chance.randrange(1, 10)}" + "".join(chance.choice(["", " ", ".", "-"]) + pair for pair in pairs)
        number = phonenumbers.parse(typed, "FR")
        assert phonenumbers.is_possible_number(number)
        assert canonical_phone(typed) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

"""Whatever people, marketers, servers and clocks do, in whichever order: what must always hold holds after every step.

`make chaos` lives 150 lives of a hundred steps on each database, `make chaos LIVES=500` more; a failure names the steps
to live again.
"""

import os
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.terreau.echoes import comes_back
from tests.terreau.invariants import breaches, figures_breached
from tests.terreau.post_office import MOODS
from tests.terreau.town import PRESS, ZONES, Town
from tests.terreau.town_content import RELEASES, SEQUENCES
from workflows.resting import EVERYTHING

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
LIVES = settings(
    max_examples=int(os.environ.get("TERREAU_LIVES") or 150) if FULL else 4,
    stateful_step_count=100 if FULL else 40,
    deadline=None,
    derandomize=not FULL,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
WHO = st.sampled_from(sorted(ZONES))
FORMS = st.sampled_from(["guide", "guide", "demo"])
NAMES = st.sampled_from([*SEQUENCES, EVERYTHING])
SPANS = st.sampled_from([timedelta(minutes=5), timedelta(hours=2), timedelta(hours=20), timedelta(days=3)])
GAPS = st.sampled_from([timedelta(hours=5), timedelta(hours=9), timedelta(days=2), timedelta(days=9)])
BACK = st.sampled_from([timedelta(minutes=3), timedelta(minutes=50), timedelta(hours=30)])


class AnyOrder(RuleBasedStateMachine):
    """`homes` lends an empty database and a folder for each life."""

    homes = None

    def __init__(self):
        super().__init__()
        self._home = self.homes()
        self.town = Town(*self._home.__enter__())

    @initialize(who=WHO)
    def somebody_is_there(self, who):
        self.town.submits(who, "guide")
        self.town.confirms(who)
        self.town.keeps_a_copy()

    def known(self, who):
        """Somebody who is: that one, else whoever came first."""
        return who if who in self.town.lead_of else next(iter(self.town.lead_of))

    @rule(who=WHO, form=FORMS, twice=st.booleans())
    def submits(self, who, form, twice):
        self.town.submits(who, form)
        if twice:
            self.town.submits(who, form, twice=True)

    @rule(who=WHO)
    def confirms(self, who):
        self.town.confirms(self.known(who))

    @rule(who=WHO)
    def withdraws(self, who):
        self.town.withdraws(self.known(who))

    @rule(who=WHO)
    def leaves(self, who):
        self.town.leaves(self.known(who))

    @rule(who=WHO, page=st.sampled_from(["prices", "home"]), evidence=st.sampled_from(["human", "human", "machine"]))
    def looks(self, who, page, evidence):
        self.town.looks(self.known(who), page, evidence)

    @rule(who=WHO, human=st.booleans())
    def clicks(self, who, human):
        self.town.clicks(self.known(who), human)

    @rule(who=WHO, klass=st.sampled_from(["human", "machine", "machine", "proxy"]))
    def turns_out(self, who, klass):
        self.town.turns_out(self.known(who), klass)

    @rule(said=st.sampled_from(["accepted", "rejected", "recycled", "disqualified"]))
    def judges(self, said):
        self.town.judges(said)

    @rule(
        who=WHO,
        kind=st.sampled_from(["hard", "hard", "soft", "soft", "complaint", "auto_reply", "human_reply"]),
        forged=st.sampled_from([False, False, True]),
    )
    def comes_back(self, who, kind, forged):
        """Whatever was written to them has arrived."""
        self.town.passes(timedelta(minutes=5), posted=True)
        comes_back(self.town, self.known(who), kind, forged)

    @rule(choice=st.sampled_from(["delivered", "again", "dropped"]))
    def settles(self, choice):
        self.town.settles(choice)

    @rule(name=st.sampled_from(sorted(RELEASES)))
    def applies(self, name):
        self.town.applies(name)

    @rule(name=NAMES)
    def pauses(self, name):
        self.town.pauses(name)

    @rule(name=NAMES)
    def resumes(self, name):
        self.town.resumes(name)

    @rule()
    def works(self):
        self.town.works()

    @rule(writes=st.integers(1, 6), committed=st.booleans())
    def dies(self, writes, committed):
        self.town.dies(writes, committed)

    @rule()
    def begins_again(self):
        self.town.begins_again()

    @rule(who=WHO, act=st.sampled_from(["looks", "leaves", "submits", "another works"]), reads=st.integers(1, 3))
    def works_while(self, who, act, reads):
        who = self.known(who)
        acts = {
            "looks": lambda: self.town.looks(who, "prices"),
            "leaves": lambda: self.town.leaves(who),
            "submits": lambda: self.town.submits(who, "demo"),
            "another works": self.town.works,
        }
        self.town.works_while(reads, acts[act])

    @rule(moods=st.lists(st.sampled_from(MOODS), max_size=4))
    def posts(self, moods):
        self.town.posts(moods)

    @rule(by=SPANS, posted=st.booleans())
    def passes(self, by, posted):
        self.town.passes(by, posted)

    @rule(who=WHO)
    def comes_every_day(self, who):
        """A week in which somebody is so eager that every sequence wants to write to them."""
        who = self.known(who)
        for _ in range(7):
            self.town.looks(who, "prices")
            self.town.passes(timedelta(days=1), posted=True)

    @rule(by=GAPS)
    def vanishes(self, by):
        self.town.vanishes(by)

    @rule()
    def keeps_a_copy(self):
        self.town.keeps_a_copy()

    @rule()
    def restores(self):
        self.town.restores()

    @rule(by=BACK)
    def turns_back(self, by):
        self.town.turns_back(by)

    @invariant()
    def what_must_hold_holds(self):
        assert breaches(self.town) == []

    def teardown(self):
        try:
            if sys.exc_info()[0] is None:
                self.town.comes_to_its_end()
                assert breaches(self.town) == []
                assert figures_breached(self.town) == []
        finally:
            self.town.close()
            self._home.__exit__(None, None, None)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def homes(request, tmp_path_factory):
    """`homes()` lends the address of an empty database, and a folder."""

    @contextmanager
    def lend():
        folder = tmp_path_factory.mktemp("town")
        if request.param == "sqlite":
            path = folder / "terreau.db"
            path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
            yield f"sqlite:///{path}", folder
            return
        server = request.getfixturevalue("postgres_server")
        url = server.lend()
        yield url, folder
        server.take_back(url)

    return lend


@pytest.mark.timeout(0 if FULL else 240)
def test_what_must_hold_holds_in_any_order(homes, monkeypatch):
    monkeypatch.setattr("emails.outbox.Press", lambda setting: PRESS)
    machine = type("Life", (AnyOrder,), {"homes": staticmethod(homes)})
    run_state_machine_as_test(machine, settings=LIVES)

"""What addresses at work were told of: whatever is said in whatever order, a no outweighs it."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from leads import consent, consenting, informing
from leads.answering import ConsentAnswer, ObjectionAnswer, newly_told
from storage.schema import consents, leads, wakes
from tests.campaigns import seed

__all__ = ["seed"]  # a fixture

TOPIC = "tips"
HISTORIES, LENGTH = 25, 12


class Two:
    """Two leads, who may come to be one, and what they say."""

    def __init__(self, database, clocks, number):
        self.database, self.clocks = database, clocks
        self.ids = [self._made(f"{who}{number}@lumen.example") for who in ("ada", "lovelace")]

    def _made(self, email):
        def make(conn):
            row = insert(leads).values(
                status="lead", email=email, fields={}, tags=[], locale="fr", origin="inbound",
                created_at=self.clocks.calendar(),
            )  # fmt: skip
            lead_id = conn.execute(row.returning(leads.c.id)).scalar_one()
            conn.execute(insert(wakes).values(lead_id=lead_id, seq=0, folded_seq=0))
            return lead_id

        return self.database.write(make)

    def does(self, act, who):
        how = {"locale": "fr", "proof": {}, "now": self.clocks.moment()}
        lead_id = self.ids[who]

        def tell(conn, given, at_work):
            answer = ObjectionAnswer(TOPIC, "We write to you.", given, "Advice.")
            informing.tell(conn, lead_id, [answer], at_work=at_work, form="guide", **how)

        acts = {
            "is told": lambda conn: tell(conn, False, True),
            "is told at home": lambda conn: tell(conn, False, False),
            "objects": lambda conn: tell(conn, True, True),
            "asks": lambda conn: consenting.ask(conn, lead_id, [ConsentAnswer(TOPIC, "Yes.", True)], form="f", **how),
            "confirms": lambda conn: consenting.grant(conn, lead_id, [TOPIC], **how),
            "leaves": lambda conn: consenting.withdraw(conn, lead_id, [TOPIC], **how),
            "leaves everything": lambda conn: consenting.withdraw(conn, lead_id, None, **how),
        }
        self.database.write(acts[act])

    def become_one(self):
        kept, gone = self.ids
        now = self.clocks.machine()

        def point(conn):
            conn.execute(update(leads).where(leads.c.id == gone).values(merged_into=kept, merged_at=now))
            top = conn.execute(select(func.max(wakes.c.seq)).where(wakes.c.lead_id.in_(self.ids))).scalar_one()
            conn.execute(update(wakes).where(wakes.c.lead_id.in_(self.ids)).values(seq=top, folded_seq=top))
            conn.execute(update(wakes).where(wakes.c.lead_id == gone).values(survivor_id=kept, joined_seq=top))

        self.database.write(point)

    def words(self, who):
        """Everything that one has said, oldest first."""
        ours = select(consents.c.state).where(consents.c.lead_id == self.ids[who]).order_by(consents.c.id)
        with self.database.read() as conn:
            return list(conn.execute(ours).scalars())

    def ground(self, who=0):
        with self.database.read() as conn:
            return consent.grounds(conn, [self.ids[who]])[self.ids[who]].get(TOPIC)


ACTS = ("is told", "is told at home", "objects", "asks", "confirms", "leaves", "leaves everything")


@pytest.mark.parametrize("seed", [20261128], indirect=True)
def test_whatever_was_said_in_whatever_order_a_no_of_either_outweighs_what_was_told(database, clocks, seed):
    chance, grounds = random.Random(seed), set()
    for number in range(HISTORIES):
        two, merged_at = Two(database, clocks, number), chance.randrange(LENGTH)
        for step in range(LENGTH):
            if step == merged_at:
                two.become_one()
            who = chance.randrange(2)
            before = two.words(who)
            two.does(chance.choice(ACTS), who)
            clocks.advance(timedelta(seconds=1))
            ours, theirs = two.words(0), two.words(1)
            grounds.add(two.ground())
            new = _a_no_stays(before, two.words(who))
            if step >= merged_at and "informed" in new:
                assert two.words(1 - who)[-1:] != ["withdrawn"]
            if two.ground() == "informed":
                assert [one for one in ours if one != "asked"][-1] == "informed"
                assert step < merged_at or theirs[-1:] != ["withdrawn"]
            if two.ground() == "granted":
                assert ours[-1] == "granted"
    assert grounds == {None, "informed", "granted"}


def _a_no_stays(before, after):
    """Nobody is told of anything after a no, nor is an earlier consent asked about again; of what they were told of,
    only a yes of their own is."""
    new = after[len(before) :]
    if "informed" in new:
        assert before[-1:] in ([], ["asked"])
    if before[-1:] == ["informed"]:
        assert new in ([], ["asked"], ["granted"], ["withdrawn"])
    return new


def test_a_yes_of_whoever_was_only_told_waits_for_its_confirmation_and_mail_goes_on_meanwhile(database, clocks):
    two = Two(database, clocks, 1)

    def waiting():
        with database.read() as conn:
            return two.ground(), consent.pending(conn, two.ids[0])

    two.does("is told", 0)
    for act in ("asks", "asks", "is told", "is told at home"):
        two.does(act, 0)
        assert waiting() == ("informed", (TOPIC,))
    two.does("confirms", 0)
    assert waiting() == ("granted", ())
    assert two.words(0) == ["informed", "asked", "asked", "granted"]
    with database.read() as conn:
        given = conn.execute(select(consents.c.wording).where(consents.c.state == "granted")).scalar_one()
    assert given == "Yes.", "what was agreed to is what was ticked, not what was told"


def test_a_no_ends_what_goes_on_until_a_confirmation(database, clocks):
    two = Two(database, clocks, 1)
    for act in ("is told", "asks", "leaves"):
        two.does(act, 0)
    assert two.ground() is None
    two.does("asks", 0)
    assert two.ground() is None, "after a no, a yes counts once it is confirmed"


def test_another_address_has_to_confirm_what_the_first_one_was_told_of_and_asked_for(database, clocks):
    two = Two(database, clocks, 1)
    for act in ("is told", "asks"):
        two.does(act, 0)
    how = {"locale": "fr", "proof": {"corrected": "email"}, "now": clocks.moment()}
    database.write(lambda conn: consenting.ask_again(conn, two.ids[0], [TOPIC], **how))
    assert two.ground() is None


@pytest.mark.parametrize(
    ("known", "objects", "at_work", "left", "then"),
    [
        (None, False, True, False, "informed"),
        (None, False, False, False, "asked"),
        (None, False, True, True, ""),
        (None, True, True, False, "withdrawn"),
        (None, True, False, False, "withdrawn"),
        ("asked", False, True, False, "informed"),
        ("asked", False, False, False, ""),
        ("informed", False, True, False, ""),
        ("informed", False, False, False, ""),
        ("informed", True, True, False, "withdrawn"),
        ("granted", False, True, False, ""),
        ("granted", True, True, False, "withdrawn"),
        ("withdrawn", False, True, False, ""),
        ("withdrawn", True, True, False, ""),
    ],
)
def test_what_a_form_that_tells_changes(known, objects, at_work, left, then):
    held = {} if known is None else {TOPIC: known}
    answer = ObjectionAnswer(TOPIC, "We write to you.", objects, "Advice.")
    assert newly_told(held, answer, at_work=at_work, left=lambda: left) == then

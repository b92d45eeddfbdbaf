"""Several lines at the point of intent: one commit for all, and nobody pays for another."""

import threading
from concurrent.futures import wait
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from base.clock import elapsed
from emails import committer as room
from emails.committer import Committer, Standing, intend_all
from emails.results import Result, Results
from emails.states import Move
from emails.talks import Errands, finish
from emails.telling import NotAllMoved
from leads import consenting
from storage import holders
from storage.schema import enrolments, events, messages, wakes
from storage.trouble import StorageUnavailable

MINUTE = timedelta(minutes=1)


@pytest.fixture
def in_hand(house, sender_to):
    """Claims so many messages of ada, bob and chloé, by one sender."""
    sender = sender_to(1)
    sender._beat()

    def take(count, email="conseils-3d/niveaux"):
        for number in range(count):
            house.owe(house.lead(("Ada", "Bob", "Chloé")[number % 3]), email)
        return sender._claims.take(sender._holder, house.now, count)

    return take


@pytest.fixture
def commit(house):
    """The whole group in one transaction: the ids that may be written."""

    def together(*group):
        return house.run(lambda conn: intend_all(conn, group, house.now, house.keys.suppression))

    return together


@pytest.fixture
def committer(house):
    return Committer(house.database, house.clocks, house.keys.suppression, Errands())


def _sent(one, house, word="250 ok"):
    return Result(one.message, one.holder, ("in_data",), Move("sent", reply=word), house.now)


def _numbers(house, lead_id):
    """The numbers of a lead's events, and what its wake says."""
    with house.database.read() as conn:
        seqs = list(conn.scalars(select(events.c.seq).where(events.c.lead_id == lead_id).order_by(events.c.seq)))
        wake = conn.execute(select(wakes).where(wakes.c.lead_id == lead_id)).one()
    return seqs, wake.seq, wake.due_at


def _all_stand(committer, group, *carried):
    """Every message at the point of intent at once: {message id: answer or error}."""
    learned = {one.message.id: some for one, some in zip(group, carried, strict=False)}
    standing = {one.message.id: committer.stand(one, learned.get(one.message.id, [])) for one in group}
    return {number: _answer(committer, answer) for number, answer in standing.items()}


def _answer(committer, answer):
    """Lets the committer go on, as a sender does, until it has answered."""
    while not answer.done():
        committer.go()
        wait([answer], 0.01)
    return answer.exception() or answer.result()


def test_several_lines_share_a_commit_that_carries_what_each_learned_before(house, in_hand, commit):
    before, now = in_hand(3), in_hand(3)
    assert commit(*(Standing(one, []) for one in before)) == {one.message.id for one in before}
    group = [
        Standing(one, [_sent(was, house, f"250 {n}")]) for n, (one, was) in enumerate(zip(now, before, strict=True))
    ]

    assert commit(*group) == {one.message.id for one in now}
    assert house.states() == {"in_data": 3, "sent": 3}
    assert [house.message(one.message.id).reply for one in before] == ["250 0", "250 1", "250 2"]
    assert [house.message(one.message.id).in_data_at for one in now] == [house.now.machine] * 3
    for was in before:
        seqs, newest, due_at = _numbers(house, was.message.lead_id)
        assert (seqs, due_at) == (list(range(1, newest + 1)), house.now.calendar)
        assert [name for name, _subject, _data in house.events_of(was.message.lead_id)] == ["mail.sent"]


def test_a_commit_takes_as_many_statements_for_eight_lines_as_for_two(house, in_hand, commit):
    counted = []

    def count(conn, cursor, statement, parameters, context, executemany):
        counted.append(statement)

    def statements(lines):
        before, now = in_hand(lines), in_hand(lines)
        commit(*(Standing(one, []) for one in before))
        group = [Standing(one, [_sent(was, house)]) for one, was in zip(now, before, strict=True)]

        def job(conn):
            event.listen(conn, "before_cursor_execute", count)
            counted.clear()
            intend_all(conn, group, house.now, house.keys.suppression)
            return len(counted)

        return house.run(job)

    assert statements(2) == statements(8) <= 8


def test_two_results_of_one_lead_are_numbered_one_after_the_other_and_its_magnet_is_told(house, in_hand, commit):
    bob = house.lead("Bob", topics=())
    first, second = house.owe(bob, "livraison/guide"), house.owe(bob, "livraison/guide")
    begun, (last,) = in_hand(0) or in_hand(2, "livraison/guide"), in_hand(1)
    ours = [one for one in begun if one.message.id in (first, second)]
    assert len(ours) == 2
    commit(*(Standing(one, []) for one in ours))
    commit(Standing(last, [_sent(one, house) for one in ours]))

    told = house.events_of(bob, "")
    assert [name for name, _subject, _data in told] == ["mail.sent", "asset_delivered"] * 2
    assert [data["message_id"] for _name, _subject, data in told] == [first, first, second, second]
    seqs, newest, _due_at = _numbers(house, bob)
    assert seqs == list(range(1, newest + 1))


def test_a_result_carried_for_a_lead_holds_back_the_marketing_mail_of_the_same_lead(house, sender_to, commit):
    """`mail.sent` is news that the engine has not taken in yet: so it was when each line wrote by itself."""
    ada = house.lead("Ada")
    house.owe(ada)
    house.owe(ada)
    sender = sender_to(1)
    sender._beat()
    one, two = sender._claims.take(sender._holder, house.now, 2)
    commit(Standing(one, []))
    assert commit(Standing(two, [_sent(one, house)])) == frozenset()
    assert house.states() == {"due": 1, "sent": 1}


def test_one_lines_refusal_touches_no_other_message(house, in_hand, commit):
    ada, bob, chloe = in_hand(3)
    left = update(enrolments).where(enrolments.c.id == bob.message.enrolment_id).values(state="left")
    house.run(lambda conn: conn.execute(left))

    assert commit(*(Standing(one, []) for one in (ada, bob, chloe))) == {ada.message.id, chloe.message.id}
    assert house.states() == {"in_data": 2, "withdrawn": 1}
    assert house.events_of(bob.message.lead_id)[0][0] == "mail.withdrawn"
    assert house.events_of(ada.message.lead_id) == []


def test_an_intent_of_a_message_taken_away_is_not_granted_and_the_others_are(house, in_hand, commit):
    ada, bob = in_hand(2)
    taken = update(messages).where(messages.c.id == ada.message.id).values(state="due", holder=None, fence=None)
    house.run(lambda conn: conn.execute(taken))
    assert commit(Standing(ada, []), Standing(bob, [])) == {bob.message.id}
    assert house.states() == {"due": 1, "in_data": 1}


def test_a_result_that_comes_late_makes_the_group_go_one_by_one_and_is_evidence(house, in_hand, commit, committer):
    late, good, ada, bob = in_hand(4)
    commit(Standing(late, []), Standing(good, []))
    doubt = update(messages).where(messages.c.id == late.message.id).values(state="unknown")
    house.run(lambda conn: conn.execute(doubt))
    group = (Standing(ada, [_sent(late, house)]), Standing(bob, [_sent(good, house)]))

    with pytest.raises(NotAllMoved):
        commit(*group)
    assert house.states() == {"claimed": 2, "in_data": 1, "unknown": 1}  # nothing of that transaction was kept
    assert house.events_of(good.message.lead_id) == []

    answers = _all_stand(committer, [ada, bob], [_sent(late, house)], [_sent(good, house)])
    assert set(answers.values()) == {True}
    assert house.states() == {"in_data": 2, "sent": 1, "settled_delivered": 1}
    assert "the answer came late" in house.message(late.message.id).reason


def test_who_was_declared_dead_is_granted_nothing_and_the_living_go_on(house, in_hand, sender_to, committer, clocks):
    (zombie,) = in_hand(1)
    clocks.advance(2 * MINUTE)
    house.run(lambda conn: holders.bury(conn, clocks.machine()))
    house.owe(house.lead("Bob"))
    other = sender_to(1)
    other._beat()
    (alive,) = other._claims.take(other._holder, house.now, 1)

    answers = _all_stand(committer, [zombie, alive])
    assert answers == {zombie.message.id: False, alive.message.id: True}


def test_a_fault_in_one_line_is_raised_there_and_nowhere_else(house, in_hand, committer):
    ada, bob = in_hand(2)
    broken = Result(ada.message, ada.holder, ("claimed",), Move("nowhere"), house.now)
    answers = _all_stand(committer, [ada, bob], [broken])
    assert isinstance(answers[ada.message.id], ValueError)
    assert answers[bob.message.id] is True
    assert house.states() == {"claimed": 1, "in_data": 1}


def test_who_comes_while_a_commit_is_on_its_way_shares_the_next_one(house, in_hand, committer, monkeypatch):
    sizes, began, go_on = [], threading.Event(), threading.Event()
    real = room.intend_all

    def watched(conn, group, now, key):
        sizes.append(len(group))
        if len(sizes) == 1:
            began.set()
            go_on.wait(10)
        return real(conn, group, now, key)

    monkeypatch.setattr(room, "intend_all", watched)
    monkeypatch.setattr(room, "PATIENCE", 10)
    first, *others = in_hand(4)
    leading = committer.stand(first, [])
    committer.go()
    assert began.wait(10)
    threading.Timer(0.3, go_on.set).start()
    answers = _all_stand(committer, others)

    assert leading.result(10) is True
    assert sizes == [1, 3]
    assert set(answers.values()) == {True}
    assert house.states() == {"in_data": 4}


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_line_does_not_wait_for_another_whose_lead_is_held_by_a_door(house, in_hand, committer):
    ada, bob = in_hand(2)
    held, done = threading.Event(), threading.Event()

    def door(conn):
        conn.execute(select(wakes).where(wakes.c.lead_id == ada.message.lead_id).with_for_update())
        held.set()
        done.wait(10)

    holding = threading.Thread(target=house.run, args=(door,))
    holding.start()
    assert held.wait(10)
    waiting = committer.stand(ada, [])
    committer.go()
    started = elapsed()
    assert _answer(committer, committer.stand(bob, [])) is True
    assert elapsed() - started < 2
    assert house.message(ada.message.id).state == "claimed"
    done.set()
    holding.join(10)
    assert waiting.result(10) is True
    assert house.message(ada.message.id).state == "in_data"


def test_when_the_database_is_away_every_line_hears_of_it_and_nothing_is_written(
    house, in_hand, committer, monkeypatch
):
    group = in_hand(3)

    def away(job, timeout=None):
        raise StorageUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.database, "write", away)
        answers = _all_stand(committer, group)
    assert {type(answer) for answer in answers.values()} == {StorageUnavailable}
    assert house.states() == {"claimed": 3}
    assert set(_all_stand(committer, group).values()) == {True}


def test_whoever_unsubscribes_is_written_to_before_or_not_at_all(house, in_hand, committer):
    """Farewells race with intents: where the farewell was committed first, the letter is not begun."""
    group = in_hand(6)
    finished = {}

    def leave(one):
        lead = one.message.lead_id
        house.run(lambda conn: consenting.withdraw(conn, lead, None, locale="fr", proof={}, now=house.now))
        with house.database.read() as conn:
            finished[one.message.id] = conn.scalar(select(messages.c.state).where(messages.c.id == one.message.id))

    threads = [threading.Thread(target=leave, args=(one,)) for one in group]
    for thread in threads:
        thread.start()
    answers = _all_stand(committer, group)
    for thread in threads:
        thread.join(20)

    assert len(answers) == len(finished) == 6
    for one in group:
        number = one.message.id
        if finished[number] == "claimed":  # the farewell stood, the intent did not: no letter
            assert answers[number] is False
        assert (house.message(number).state == "in_data") is answers[number]


def test_a_farewell_just_before_the_commit_withdraws_that_message_only(house, in_hand, commit):
    ada, bob = in_hand(2)
    lead = ada.message.lead_id
    house.run(lambda conn: consenting.withdraw(conn, lead, None, locale="fr", proof={}, now=house.now))
    assert commit(Standing(ada, []), Standing(bob, [])) == {bob.message.id}
    assert house.message(ada.message.id).reason == "no consent"


def test_results_that_found_no_company_are_written_together_late_ones_too(house, in_hand, commit):
    late, good, put_off = in_hand(3)
    commit(Standing(late, []), Standing(good, []))
    doubt = update(messages).where(messages.c.id == late.message.id).values(state="unknown")
    house.run(lambda conn: conn.execute(doubt))
    results = Results(house.database)
    back = Result(put_off.message, put_off.holder, ("claimed", "in_data"), Move("due"), house.now)
    for line, result in enumerate((_sent(late, house), _sent(good, house), back)):
        results.add(line, result)
    assert results.flush() is True
    assert house.states() == {"due": 1, "sent": 1, "settled_delivered": 1}


class SlowDatabase:
    """Takes a write when `go` is set."""

    def __init__(self):
        self.begun, self.go = threading.Event(), threading.Event()

    def write(self, job):
        self.begun.set()
        assert self.go.wait(5)


def test_a_line_does_not_overtake_its_own_result_that_is_being_written(house, in_hand):
    """Else a death in between would leave two letters of one line in doubt."""
    (one,) = in_hand(1)
    database = SlowDatabase()
    results = Results(database)
    results.add(1, _sent(one, house))
    flushing = threading.Thread(target=results.flush)
    flushing.start()
    assert database.begun.wait(5)
    assert finish(results.take(2)) == [], "other lines do not wait"
    taken = []
    taking = threading.Thread(target=lambda: taken.append(finish(results.take(1))))
    taking.start()
    taking.join(0.1)
    assert taken == []
    database.go.set()
    taking.join(5)
    flushing.join(5)
    assert taken == [[]]

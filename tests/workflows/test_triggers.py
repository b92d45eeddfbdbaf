"""Triggers that no event pulls (scores, segments, dates, other sequences), keys of entries, leads of before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from authoring.models.definitions import Segment
from leads.recounting import Recounter
from storage import schema

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAIL = '[[step]]\nid = "one"\nemail = "one"\n'


def trigger(written: str, keys: str = "") -> str:
    return f"trigger = [{{ {written} }}]\n{keys}\n{MAIL}"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---------------------------------------------------------------- scores and segments


def test_a_score_lets_in_when_it_is_reached_and_once_for_each_time(tell):
    story = tell(trigger("score = 40", 're_entry = "always"'))
    for _ in range(4):
        story.event("page_seen")
        story.turn()
    assert story.sent == ["tips/one"]
    assert story.said == [("entered", "engagement rises to 40")]


def test_a_score_that_fades_lets_in_at_the_hour_that_the_wake_carries(tell):
    story = tell(trigger('score = 40, on = "falls"'))
    for _ in range(3):
        story.event("page_seen")
    turn = story.turn()
    assert story.sent == []
    while story.sent == []:
        assert turn.due_at is not None
        assert turn.due_at > story.now
        assert story.standing.engagement >= 40_000
        turn = story.turn(turn.due_at)
    assert story.standing.engagement < 40_000
    assert story.said == [("entered", "engagement falls to 40")]


def test_a_score_that_fades_lets_in_though_points_were_counted_again_before_the_engine_came(workshop, clocks):
    shop = workshop({"tips": trigger('score = 40, on = "falls"')})
    ada = shop.submits("ada")
    for _ in range(3):
        shop.happens(ada, "page_seen")
    shop.works()
    assert shop.rows(schema.enrolments) == []
    recounter = Recounter(shop.database, shop.releases, clocks, "Europe/Paris")
    for _ in range(60):
        clocks.advance(DAY)
        recounter.drain(Event())
        shop.works()
    told = [row.reason for row in shop.rows(schema.decisions) if row.outcome == "entered"]
    assert told == ["engagement falls to 40"]


def with_segment(site, when):
    segment = Segment.model_validate({"id": "warm", "label": "Warm", "when": when})
    return replace(site, definitions=site.definitions.model_copy(update={"segments": [segment]}))


@pytest.mark.parametrize(("on", "sent_after"), [("entered", 1), ("left", 2)])
def test_a_segment_lets_in_when_it_is_entered_or_left(world, on, sent_after):
    text = trigger(f'segment = "warm", on = "{on}"')
    story = world.Story(with_segment(world.site({"tips": text}), {"event": "page_seen", "within": "2 days"}))
    story.event("page_seen")
    turn = story.turn()
    assert bool(story.sent) is (sent_after == 1)
    assert turn.due_at == world.MONDAY + 2 * DAY
    story.turn(turn.due_at)
    assert story.sent == ["tips/one"]
    assert story.said[0] == ("entered", f"segment warm {on}")


# ---------------------------------------------------------------- dates


def test_a_date_lets_in_when_it_comes_and_the_wake_carries_it(tell):
    story = tell(trigger('date = "fair_on", offset = "-3 days"'), fields={"fair_on": "2026-11-20T18:00"})
    assert story.turn().due_at == utc("2026-11-17 17:00")
    assert story.turn(utc("2026-11-17 16:59")).due_at == utc("2026-11-17 17:00")
    story.turn(utc("2026-11-17 17:00"))
    assert (story.sent, story.said) == (["tips/one"], [("entered", "date fair_on -3 days")])
    story.turn(utc("2026-11-25 17:00"))
    assert story.sent == ["tips/one"]


def test_a_date_that_is_moved_lets_in_at_the_new_one_only(tell):
    story = tell(trigger('date = "fair_on"', 're_entry = "always"'), fields={"fair_on": "2026-11-20"})
    story.turn()
    story.lead = replace(story.lead, fields={"fair_on": "2026-11-25"})
    story.turn(utc("2026-11-19 22:00"))
    assert story.turn(utc("2026-11-22 00:00")).due_at == utc("2026-11-24 23:00")
    assert story.sent == []
    story.turn(utc("2026-11-24 23:00"))
    assert story.sent == ["tips/one"]


def test_an_instant_that_has_passed_when_it_becomes_known_lets_nobody_in(tell):
    story = tell(trigger('date = "fair_on"'), fields={"fair_on": "2026-11-01"})
    assert story.turn().due_at is None
    story.turn(story.now + DAY)
    assert (story.sent, story.said) == ([], [])


@pytest.mark.parametrize("late", [timedelta(minutes=1), 5 * DAY])
def test_an_engine_that_was_away_lets_in_late(tell, late):
    story = tell(trigger('date = "fair_on"'), fields={"fair_on": "2026-11-10"})
    story.turn(story.turn().due_at + late)
    assert story.sent == ["tips/one"]


@pytest.mark.parametrize("value", [None, "", "soon", 7])
def test_what_is_no_date_is_not_waited_for(tell, value):
    story = tell(trigger('date = "fair_on"'), fields={"fair_on": value})
    assert story.turn().due_at is None


# ---------------------------------------------------------------- other sequences


@pytest.mark.parametrize(
    ("on", "exits", "enters"),
    [("completed", False, True), ("completed", True, False), ("left", True, True), ("left", False, False)],
)
def test_the_end_of_a_sequence_lets_into_another(world, on, exits, enters):
    first = MAIL + ('[[step]]\nid = "out"\nexit = "enough"' if exits else "")
    story = world.Story(world.site({"first": first, "tips": trigger(f'sequence = "first", on = "{on}"')}))
    story.submits()
    story.mail_ends()
    assert ("tips/one" in story.sent) is enters


def test_a_sequence_that_follows_itself_enters_once_for_each_end(tell):
    text = trigger('form = "guide" }, { sequence = "tips"', 're_entry = "after_exit"')
    story = tell(text)
    story.submits()
    for _ in range(3):
        story.mail_ends()
    assert len(story.enrolments) == len(story.sent) == 4


# ---------------------------------------------------------------- one entry per value


def test_each_value_lets_in_for_itself(tell):
    story = tell(trigger('event = "bought"', 'entry_key = "order"'))
    for order in ("A1", "A2", "A1", None):
        story.event("bought", **({"order": order} if order else {}))
        story.turn()
    assert [key for _, key in story.enrolments] == ["A1", "A2"]
    assert story.said[-2:] == [
        ("refused", "bought: entered already on 2026-11-02; re_entry = never"),
        ("refused", "bought: no value for entry_key `order`"),
    ]


def test_re_entry_counts_for_each_value(tell):
    story = tell(trigger('event = "bought"', 'entry_key = "order"\nre_entry = "after_exit"'))
    for order in ("A1", "A2"):
        story.event("bought", order=order)
        story.turn()
    story.mail_ends()  # the first is over
    for order in ("A1", "A2"):
        story.event("bought", order=order)
        story.turn()
    assert [key.partition("#")[0] for _, key in story.enrolments] == ["A1", "A2", "A1"]
    assert story.said[-1] == ("refused", "bought: inside already; re_entry = after_exit")


@pytest.mark.parametrize(
    ("key", "fields", "subject", "stored"),
    [
        ("subject", {}, "spring", "spring"),
        ("webinar", {"webinar": "autumn"}, "spring", "autumn"),
        ("order", {}, None, "5"),
        ("long", {"long": "x#y" * 100}, None, ("xy" * 100)[:100]),
    ],
)
def test_the_value_is_the_events_else_the_leads(tell, key, fields, subject, stored):
    story = tell(trigger('event = "bought"', f'entry_key = "{key}"'), fields=fields)
    story.event("bought", subject, order=5)
    story.turn()
    assert list(story.enrolments) == [("tips", stored)]


# ---------------------------------------------------------------- conditions that forbid a send


def test_a_mail_that_is_suppressed_is_skipped_and_the_sequence_goes_on(world):
    text = 'suppress = [{ tag = "away" }, { stage = "sql" }]\n' + MAIL + '[[step]]\nid = "x"\nset.add_tags = ["done"]'
    story = world.Story(world.site({"tips": text}), tags=("away",))
    story.submits()
    assert (story.sent, story.lead.tags) == ([], ("away", "done"))
    assert ("skipped", 'suppress { tag = "away" } holds') in story.said


# ---------------------------------------------------------------- leads who were there before


def later_release(shop, world, **sequences):
    before = shop.releases.in_force()
    after = world.site({"tips": world.THREE_MAILS, **sequences})
    shop.releases.apply(replace(after, release_id=2, hash=f"{before.hash[:60]}two"))


EXISTING = 'topic = "tips"\n' + trigger('stage = "iql", existing = "%s"')


@pytest.mark.parametrize("existing", ["skip", "enrol"])
def test_leads_who_match_already_are_let_in_only_when_the_trigger_says_so(workshop, world, existing):
    shop = workshop()
    leads = [shop.submits(who) for who in ("ada", "bob")]
    shop.submits("chloe", consent_to=None)  # never agreed: nobody even looks
    shop.works()
    later_release(shop, world, news=EXISTING % existing)
    shop.works()
    entered = [row.lead_id for row in shop.rows(schema.enrolments) if row.sequence == "news"]
    assert entered == (leads if existing == "enrol" else [])
    told = [row.lead_id for row in shop.rows(schema.events) if row.name == "existing_due"]
    assert told == entered


def test_a_trigger_is_told_once_however_often_it_comes_into_force(workshop, world):
    shop = workshop()
    ada = shop.submits("ada")
    shop.works()
    later_release(shop, world, news=EXISTING % "enrol")
    shop.works()
    shop.releases.apply(replace(shop.releases.in_force(), release_id=3, hash="another"))
    bob = shop.submits("bob")  # comes to the stage by himself
    shop.works()
    told = [row.lead_id for row in shop.rows(schema.events) if row.name == "existing_due"]
    assert told == [ada]
    assert {row.lead_id for row in shop.rows(schema.enrolments) if row.sequence == "news"} == {ada, bob}


def test_a_new_trigger_by_date_reaches_leads_who_have_such_a_date(workshop, world):
    shop = workshop()
    ada, bob = shop.submits("ada"), shop.submits("bob")
    fields = schema.leads.update().where(schema.leads.c.id == ada).values(fields={"fair_on": "2026-11-03"})
    shop.database.write(lambda conn: conn.execute(fields) and None)
    shop.works()
    later_release(shop, world, news='topic = "tips"\n' + trigger('date = "fair_on"'))
    assert shop.works() >= 1
    [(waiting,)] = [row for row in shop.rows(schema.standings, "dates") if row[0]]
    assert list(waiting.values()) == ["2026-11-02T23:00:00+00:00"]
    shop.clocks.calendar_now = utc("2026-11-02 23:00")
    shop.works()
    assert [row.lead_id for row in shop.rows(schema.enrolments) if row.sequence == "news"] == [ada]
    assert bob not in [row.lead_id for row in shop.rows(schema.events) if row.name == "existing_due"]


def test_a_new_trigger_goes_on_where_it_stopped_with_another_engine(workshop, world):
    shop = workshop()
    leads = [shop.submits(f"lead{number}") for number in range(60)]
    shop.works()
    later_release(shop, world, news=EXISTING % "enrol")
    first = shop.another("first", batch=1)
    first.work()
    assert shop.rows(schema.gatherings, "next_lead_id", "done_at") == [(leads[49] + 1, None)]
    other = shop.another("other")
    while other.work() + first.work():
        pass
    told = [row.lead_id for row in shop.rows(schema.events) if row.name == "existing_due"]
    assert sorted(told) == leads

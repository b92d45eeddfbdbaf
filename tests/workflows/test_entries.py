"""Who is let in, by what, how often; and why the others are not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authoring.models.forms import Form

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE_MAIL = '[[step]]\nid = "one"\nemail = "one"\n'


def trigger(written: str) -> str:
    return f"trigger = [{{ {written} }}]\n" + ONE_MAIL


@pytest.mark.parametrize(
    ("written", "event", "enters"),
    [
        ('form = "guide"', ("form_submitted", "guide", "human", {}), True),
        ('form = "guide"', ("form_submitted", "demo", "human", {}), False),
        ('magnet = "pdf"', ("form_submitted", "any", "human", {"magnet": "pdf"}), True),
        ('magnet = "pdf"', ("form_submitted", "any", "human", {"magnet": "other"}), False),
        ('magnet = "pdf"', ("asset_delivered", "pdf", "engine", {}), True),
        ('magnet = "pdf"', ("asset_downloaded", "pdf", "human", {}), True),
        ('magnet = "pdf"', ("asset_downloaded", "pdf", "pending", {}), False),
        ('magnet = "pdf"', ("hit_confirmed", "pdf", "human", {"of": "asset_downloaded"}), True),
        ('magnet = "pdf"', ("page_seen", "pdf", "human", {}), False),
        ('event = "page_seen"', ("page_seen", "any", "human", {}), True),
        ('event = "page_seen", subject = "offer"', ("page_seen", "any", "human", {}), False),
        ('event = "link_clicked", subject = "a/b"', ("link_clicked", "a/b", "pending", {}), False),
        ('event = "link_clicked", subject = "a/b"', ("hit_confirmed", "a/b", "human", {"of": "link_clicked"}), True),
        ('event = "link_clicked", subject = "a/b"', ("hit_confirmed", "a/b", "human", {"of": "page_seen"}), False),
        ("at = 2026-11-02T09:00:00", ("broadcast_due", "tips", "engine", {}), True),
        ("at = 2026-11-02T09:00:00", ("broadcast_due", "other", "engine", {}), False),
        ('stage = "iql"', ("form_submitted", "any", "human", {}), True),
        ('stage = "mql"', ("form_submitted", "any", "human", {}), False),
        ("manual = true", ("enrol_asked", "tips", "engine", {"via": "manual"}), True),
        ("manual = true", ("enrol_asked", "other", "engine", {"via": "manual"}), False),
        ("manual = true", ("enrol_asked", "tips", "engine", {"via": "api"}), False),
        ("api = true", ("enrol_asked", "tips", "engine", {"via": "api"}), True),
        ("api = true", ("enrol_asked", "tips", "engine", {"via": "manual"}), False),
        ('form = "guide"', ("enrol_asked", "tips", "engine", {"via": "manual"}), False),
    ],
)
def test_what_pulls_a_trigger(tell, written, event, enters):
    story = tell(trigger(written))
    name, subject, evidence, data = event
    story.event(name, subject, evidence=evidence, **data)
    story.turn()
    assert (story.sent == ["tips/one"]) is enters


@pytest.mark.parametrize(("data", "sent"), [({}, ["tips/one"]), ({"import_id": 1, "line": 2}, [])])
def test_what_a_list_says_of_elsewhere_lets_nobody_in(tell, data, sent):
    story = tell('class = "transactional"\n' + trigger('event = "unsubscribed"'))
    story.event("unsubscribed", "all", evidence="engine", **data)
    story.turn()
    assert story.sent == sent


@pytest.mark.parametrize(
    ("text", "lead", "reason"),
    [
        ("", {"granted": ()}, "no consent for `tips`"),
        ("", {"granted": ("letter",)}, "no consent for `tips`"),
        ("", {"status": "contact"}, "a contact who has shown no interest yet; audience = leads"),
        ('filter = { tag = "vip" }\n', {}, 'filter { tag = "vip" } does not hold'),
    ],
)
def test_who_is_not_let_in_and_why(tell, text, lead, reason):
    story = tell(text + ONE_MAIL, **lead)
    story.submits()
    assert story.said == [("refused", f"form_submitted guide: {reason}")]
    assert not story.enrolments


def test_everyone_lets_contacts_in_and_a_transactional_sequence_asks_no_consent(tell):
    story = tell('audience = "everyone"\nclass = "transactional"\n' + ONE_MAIL, status="contact", granted=())
    story.submits()
    assert story.sent == ["tips/one"]
    assert story.said == [("entered", "form_submitted guide (a contact; audience = everyone)")]


def test_consent_that_comes_later_lets_in_through_its_own_trigger(tell):
    text = 'trigger = [{ form = "guide" }, { event = "consent_granted", subject = "tips" }]\n' + ONE_MAIL
    story = tell(text, granted=())
    story.submits()
    assert not story.enrolments
    story.granted.add("tips")
    story.event("consent_granted", "tips")
    story.turn()
    assert [(outcome, reason) for outcome, reason in story.said if outcome == "entered"] == [
        ("entered", "consent_granted tips")
    ]


def test_consent_that_is_taken_in_together_with_the_form_gives_one_entry_all_the_same(tell):
    text = 're_entry = "always"\ntrigger = [{ form = "guide" }, { event = "consent_granted" }]\n' + ONE_MAIL
    story = tell(text)
    story.event("form_submitted", "guide")
    story.event("consent_granted", "tips")
    story.turn()
    assert [outcome for outcome, _ in story.said] == ["refused", "entered"]


ANSWER = (
    """
class = "transactional"
re_entry = "always"
min_interval = "24 hours"
trigger = [{ form = "guide" }]
"""
    + ONE_MAIL
)


BOX = {"name": "tips", "kind": "consent", "topic": "tips", "wording": "I do"}
CLICKS = {**BOX, "name": "clicks", "topic": "clicks"}
GUIDE = {
    "title": "Guide",
    "submit": "Send",
    "field": [{"name": "email", "kind": "email", "label": "E"}, BOX, CLICKS],
    "thanks": {"title": "T", "body": "B"},
}


@pytest.fixture
def asking(tell):
    """The story of a guide whose form asks to hear tips, and to note clicks."""
    story = tell(ANSWER)
    forms = {"guide": Form.model_validate(GUIDE)}
    story.rules = replace(story.rules, site=replace(story.rules.site, forms=forms))
    return story


@pytest.mark.parametrize("topic", ["letter", "clicks"])
def test_whoever_refuses_what_the_form_does_not_ask_for_or_the_measure_alone_is_not_answered_anew(asking, topic):
    asking.submits()
    for name in ("unsubscribed", "consent_withdrawn"):
        asking.event(name, topic)
    assert asking.submits().decisions[0].outcome == "refused"


@pytest.mark.parametrize("farewell", [("unsubscribed", "tips"), ("consent_withdrawn", "tips"), ("unsubscribed", "all")])
def test_whoever_left_and_asks_again_gets_an_answer_once(asking, farewell):
    """The link to confirm that they were sent is used up: without another they could not come back."""
    story = asking
    outcomes = [story.submits().decisions[0].outcome]
    story.event(*farewell)
    for _ in range(2):
        story.now += HOUR
        outcomes.append(story.submits().decisions[0].outcome)
    assert outcomes == ["entered", "entered", "refused"]


def test_who_left_a_sequence_that_sells_comes_back_at_the_pace_that_its_author_set(tell):
    story = tell('re_entry = "after_exit"\nmin_interval = "2 days"\n' + ONE_MAIL)
    story.submits()
    story.event("consent_withdrawn", "tips")
    story.granted.clear()
    story.turn()
    story.granted.add("tips")
    story.now += HOUR
    [refused] = [line.reason for line in story.submits().decisions if line.outcome == "refused"]
    assert refused.endswith("min_interval = 2 days")


@pytest.mark.parametrize(
    ("written", "again_inside", "again_after"),
    [
        ("", "refused", "refused"),
        ('re_entry = "after_exit"\n', "refused", "entered"),
        ('re_entry = "always"\n', "entered", "entered"),
        ('re_entry = "always"\nmin_interval = "2 days"\n', "refused", "refused"),
        ('re_entry = "after_exit"\nmin_interval = "12 hours"\n', "refused", "entered"),
    ],
)
def test_who_may_come_again(tell, written, again_inside, again_after):
    story = tell(written + 'trigger = [{ event = "page_seen" }]\n' + ONE_MAIL)

    def sees() -> str:
        story.event("page_seen", "offer")
        return next(line.outcome for line in story.turn().decisions if line.outcome in ("entered", "refused"))

    assert sees() == "entered"
    story.now += HOUR
    assert sees() == again_inside
    while any(one.position == "awaiting_mail" for one in story.enrolments.values()):
        story.mail_ends()
    story.now += DAY
    assert sees() == again_after


def test_a_magnets_delivery_and_download_follow_a_request_and_let_nobody_in_twice(tell):
    story = tell('re_entry = "always"\ntrigger = [{ magnet = "pdf" }]\n' + ONE_MAIL)
    story.submits("guide", magnet="pdf")
    story.event("asset_delivered", "pdf", evidence="engine")
    story.event("asset_downloaded", "pdf")
    story.turn()
    assert len(story.enrolments) == 1
    assert [outcome for outcome, _ in story.said] == ["entered"]
    story.submits("guide", magnet="pdf")
    assert len(story.enrolments) == 2


def test_an_enrolment_pins_the_version_and_keeps_its_steps(world):
    old = world.site({"tips": world.THREE_MAILS})
    story = world.Story(old)
    story.submits()
    new = world.site({"tips": ONE_MAIL.replace("one", "other")})
    pinned = {**world.rules(old).pinned, **world.rules(new).pinned}
    story.rules = world.rules(new).__class__(new, pinned, world.ZONE, 2)
    story.mail_ends()
    assert story.inside().step == "two"
    assert story.inside().version == old.versions["tips"]

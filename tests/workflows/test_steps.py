"""The steps besides mails: shares, ways back, other sequences, tasks, receivers, texts that are picked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authoring.models.emails import Email
from leads.shares import held_out, way

DAY = timedelta(days=1)
ONE = '[[step]]\nid = "one"\nemail = "one"\n'
LETTER = 'topic = "tips"\ntrigger = [{ form = "letter" }]\n%s\n' + ONE


def receipts(story):
    return [(one.step, one.occurrence, one.outcome, one.reason) for turn in story.turns for one in turn.receipts]


SPLIT = """
[[step]]
id = "fork"
split = [{ weight = 1, to = "long" }, { weight = 1, to = "short" }]
[[step]]
id = "long"
email = "long"
[[step]]
id = "short"
email = "short"
"""


@pytest.mark.parametrize("lead", range(1, 9))
def test_a_split_leads_each_share_its_way_and_its_receipt_says_which(tell, lead):
    story = tell(SPLIT, id=lead)
    story.submits()
    to = way(story.rules.site.sequences["tips"].step[0].split, lead, "tips", "fork")
    assert story.sent == [f"tips/{to}"]
    assert receipts(story)[0] == ("fork", 1, "taken", f"its share goes to `{to}`")


def test_a_holdout_lets_its_share_go_and_says_so(tell):
    text = '[[step]]\nid = "stay"\nholdout = 50\n' + ONE
    stories = [tell(text, id=lead) for lead in range(1, 21)]
    for story in stories:
        story.submits()
    for story in stories:
        if held_out(50, story.lead.id, "tips", "stay"):
            assert story.sent == []
            assert story.said[-1] == ("left", "held out: one of the 50 % who go no further")
        else:
            assert story.sent == ["tips/one"]
            assert receipts(story)[0] == ("stay", 1, "taken", "not one of the 50 % who go no further")
    assert 0 < sum(not story.sent for story in stories) < 20


BRANCH = """
[[step]]
id = "listen"
wait_for = {{ when = {{ event = "form_submitted", subject = "letter" }}, timeout = "2 days" }}
[[step]]
id = "fork"
branch.case = [{{ when = {{ tag = "{tag}" }}, to = "long" }}]
branch.otherwise = "short"
[[step]]
id = "long"
email = "long"
[[step]]
id = "over"
jump = "end"
[[step]]
id = "short"
email = "short"
[[step]]
id = "end"
set.add_tags = ["done"]
"""


@pytest.mark.parametrize(
    ("tag", "says"), [("x", 'goes on at `long`: { tag = "x" }'), ("y", "goes on at `short`: no case holds")]
)
def test_the_receipts_of_a_branch_a_jump_and_a_wait_say_which_way_and_why(tell, tag, says):
    story = tell(BRANCH.format(tag=tag), tags=("x",))
    story.submits()
    story.submits("letter")
    story.mail_ends()
    reasons = {step: reason for step, _, _, reason in receipts(story)}
    assert reasons["listen"] == 'came: { event = "form_submitted", subject = "letter" }'
    assert reasons["fork"] == says
    assert reasons.get("over", "goes on at `end`") == "goes on at `end`"


LOOP = """
[[step]]
id = "say"
wait = "1 day"
email = "say"
[[step]]
id = "again"
jump = "say"
max_passes = 2
[[step]]
id = "end"
set.add_tags = ["done"]
"""


def test_a_jump_leads_back_so_often_and_then_on(tell):
    story = tell(LOOP)
    story.submits()
    for day in (1, 2, 3):
        story.turn(story.now + DAY)
        assert len(story.sent) == day
        story.mail_ends()
    assert story.lead.tags == ("done",)
    assert story.inside().state == "completed"
    assert receipts(story) == [
        ("say", 1, "taken", None),
        ("again", 1, "taken", "goes back to `say`, 1 of 2 times"),
        ("say", 2, "taken", None),
        ("again", 2, "taken", "goes back to `say`, 2 of 2 times"),
        ("say", 3, "taken", None),
        ("again", 3, "skipped", "max_passes 2 are used up"),
        ("end", 3, "taken", None),
    ]
    assert ("skipped", "max_passes 2 are used up") in story.said


def test_two_ways_back_are_counted_each_on_its_own(tell):
    inner = '[[step]]\nid = "inner"\njump = "say"\nmax_passes = 1\n'
    story = tell(
        LOOP.split('[[step]]\nid = "again"')[0] + inner + '[[step]]\nid = "outer"\njump = "say"\nmax_passes = 1'
    )
    story.submits()
    while story.inside().active:
        story.turn(story.now + DAY)
        story.mail_ends()
    taken = [(step, lap) for step, lap, outcome, _ in receipts(story) if outcome == "taken"]
    assert taken == [("say", 1), ("inner", 1), ("say", 2), ("outer", 2), ("say", 3)]
    assert len(set((step, lap) for step, lap, *_ in receipts(story))) == len(receipts(story))


ENROL = '[[step]]\nid = "on"\nenrol = "letter"\n'


def test_a_step_lets_into_another_sequence_and_goes_on(world):
    story = world.Story(world.site({"tips": ENROL + ONE, "letter": LETTER % ""}))
    story.submits()
    assert sorted(story.sent) == ["letter/one", "tips/one"]
    assert ("entered", "enrolled by `tips/on`") in story.said
    assert story.inside("letter").entry_seq == 1  # what the lead does from now on counts


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ('filter = { tag = "x" }', 'enrolled by `tips/on`: filter { tag = "x" } does not hold'),
        ("", None),
    ],
)
def test_the_other_sequence_has_its_own_rules(world, keys, why):
    story = world.Story(world.site({"tips": ENROL + ONE, "letter": LETTER % keys}))
    story.submits()
    assert receipts(story)[0] == ("on", 1, "taken", why)
    assert ("refused", why) in story.said if why else "letter/one" in story.sent


def test_who_is_in_already_is_refused_and_who_may_come_again_comes_once_for_each_step(world):
    twice = ENROL + ENROL.replace('"on"', '"more"')
    for keys, entries in (("", 1), ('re_entry = "always"', 2), ('re_entry = "after_exit"', 1)):
        story = world.Story(world.site({"tips": twice, "letter": LETTER % keys}))
        story.submits()
        assert len([key for key in story.enrolments if key[0] == "letter"]) == entries


def test_a_sequence_that_is_gone_is_a_skip(world):
    story = world.Story(world.site({"tips": ENROL + ONE}))
    story.submits()
    assert receipts(story)[0] == ("on", 1, "skipped", "the release in force has no sequence `letter`")


TASK = """
holidays = ["2026-11-03"]
[[step]]
id = "call"
task = { title = { fr = "Appeler", en = "Call" }, due = "1 business day"%s }
"""


@pytest.mark.parametrize(
    ("owner", "lead", "rep", "title"),
    [
        ("", None, "nadia", "Appeler"),
        ("", "karim", "karim", "Call"),
        (', owner = "nadia"', "karim", "nadia", "Appeler"),
    ],
)
def test_a_task_is_for_the_rep_named_or_the_owner_in_their_language(tell, world, owner, lead, rep, title):
    story = tell(TASK % owner, owner=lead)
    (task,) = story.submits().tasks
    assert (task.owner, task.title, task.sequence) == (rep, title, "tips")
    assert task.due_at == world.MONDAY + 2 * DAY  # the third is a holiday


def test_a_receiver_is_told_who_stands_where(tell):
    story = tell('[[step]]\nid = "tell"\nwebhook = "crm"\n', fields={"sector": "wood"})
    (webhook,) = story.submits().webhooks
    assert (webhook.channel, webhook.type) == ("crm", "sequence.step")
    assert (webhook.data["sequence"], webhook.data["step"], webhook.data["stage"]) == ("tips", "tell", "iql")
    assert webhook.data["lead"]["email"] == "ada@lumen.example"
    assert webhook.data["lead"]["fields"] == {"sector": "wood"}


# ---------------------------------------------------------------- texts that are picked

PICK = '[[step]]\nid = "a"\npick = {%s}\n[[step]]\nid = "b"\npick = {%s}\n[[step]]\nid = "c"\npick = {%s}\n'
TEXTS = {
    "oak": ("early", "wood/oak"),
    "pine": ("early", "wood/pine"),
    "price": ("late", "cost"),
    "plain": (None, "cost"),
}


def library():
    front = {"preheader": "P", "why": "W", "body": "Bonjour", "body_line": 1}
    return {
        ("tips", name, "fr"): Email(subject=name, interests=[about], phase=phase, **front)
        for name, (phase, about) in TEXTS.items()
    }


@pytest.fixture
def reader(world):
    """A story in a site with TEXTS to pick from, for a lead with points for those interests."""

    def begin(text, interests=(), phase=None, **lead):
        site = world.site({"tips": text})
        stages = [stage.model_copy(update={"phase": phase}) for stage in site.definitions.stages]
        definitions = site.definitions.model_copy(update={"stages": stages})
        story = world.Story(replace(site, emails=library(), definitions=definitions), **lead)
        story.standing = replace(story.standing, interests=dict(interests))
        return story

    return begin


def all_sent(story):
    story.submits()
    for _ in range(5):
        if story.inside().active:
            story.mail_ends()
    return [path.removeprefix("tips/") for path in story.sent]


@pytest.mark.parametrize(
    ("pick", "interests", "phase", "sent"),
    [
        ("", {}, None, ["oak", "pine", "price"]),  # by name; a text without a phase is never picked
        ("", {"cost": 9, "wood/pine": 5}, None, ["price", "pine", "oak"]),
        ("", {"wood": 5}, None, ["oak", "pine", "price"]),  # points for wood in general tell nothing of oak
        ('phase = "early"', {"cost": 9, "wood/pine": 5}, None, ["pine", "oak"]),
        ("", {"wood/pine": 5}, "late", ["price"]),  # by the stage that the lead is in
        ('phase = "early"', {}, "late", ["oak", "pine"]),
        ("interests = false", {"cost": 9}, None, ["oak", "pine", "price"]),
        ("unseen = false", {"cost": 9}, None, ["price", "price", "price"]),
        ('phase = "never"', {}, None, []),
    ],
)
def test_the_best_text_that_fits_and_was_not_sent_is_picked(reader, pick, interests, phase, sent):
    story = reader(PICK % (pick, pick, pick), interests, phase)
    assert all_sent(story) == sent
    left = 3 - len(sent)
    assert story.said.count(("skipped", "no text is left to pick")) == left


def test_the_receipt_tells_what_was_picked(reader):
    story = reader(PICK % ("", "", ""))
    all_sent(story)
    assert [reason for *_, reason in receipts(story)] == ["picked `oak`", "picked `pine`", "picked `price`"]


def test_a_text_that_reached_nobody_may_be_picked_again(reader):
    story = reader(PICK % ("", "", ""))
    story.submits()
    story.mail_ends("failed", "template")
    assert story.sent == ["tips/oak", "tips/oak"]

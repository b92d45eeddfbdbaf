"""What an edit does to one lead inside: waits counted again, steps passed by, mails on their way waited for."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from authoring.editing import edits_of
from authoring.pinned import Version
from workflows.values import Edit, Rules

DAY = timedelta(days=1)
ADOPT = 'on_edit = "adopt"\n'


class Edited:
    """A story whose sequence is edited on the way, as `apply` would have it."""

    def __init__(self, world, before):
        self.world = world
        self.site = world.site({"tips": before})
        self.story = world.Story(self.site)
        self.releases = 1

    def edit(self, after, **choices):
        """The next release holds `after`; `choices` by step."""
        former, self.releases = self.site, self.releases + 1
        self.site = replace(self.world.site({"tips": after}), release_id=self.releases)
        chosen = {("tips", step): how for step, how in choices.items()}
        rules = self.story.rules
        found = edits_of([Version(v, "tips", one) for v, one in rules.pinned.items()], self.site, former, chosen)
        pinned = {**rules.pinned, self.site.versions["tips"]: self.site.sequences["tips"]}
        made = tuple(
            Edit(self.releases, "tips", one.version.hash, one.to_version, one.moves) for one in found.adoptions
        )
        self.story.rules = Rules(self.site, pinned, self.world.ZONE, self.releases, (*rules.edits, *made))
        return found

    def keeps_its_texts(self):
        """What the deleted steps sent is still written."""
        written = self.world.site({"tips": self.world.THREE_MAILS}).emails
        self.story.rules = replace(self.story.rules, site=replace(self.site, emails=written))

    def turn(self, at=None):
        taken: dict[int, dict[str, int]] = {}
        for turn in self.story.turns:
            for receipt in turn.receipts:
                taken.setdefault(1, {})[receipt.step] = receipt.occurrence
        state = replace(self.story.state(), taken=taken)
        self.story.state = lambda: state
        try:
            return self.story.turn(at)
        finally:
            del self.story.state

    @property
    def inside(self):
        return self.story.inside()

    def lives(self, until: datetime):
        """Mails arrive at once, and every turn is taken when it is due."""
        while True:
            if self.inside.position == "awaiting_mail":
                self.story.mail_ends()
            due = self.turn().due_at if self.inside.active else None
            if self.inside.position == "awaiting_mail":
                continue
            if due is None or due > until:
                return
            self.story.now = max(due, self.story.now)


@pytest.fixture
def edited(world):
    """Ada has had the first of three mails and waits two days for the second, since Monday at nine."""

    def begin(before=world.THREE_MAILS):
        told = Edited(world, before)
        told.story.submits()
        told.story.mail_ends()
        assert (told.inside.step, told.inside.due_at) == ("two", world.MONDAY + 2 * DAY)
        return told

    return begin


def test_without_a_word_in_the_file_those_inside_keep_their_version(edited, world):
    told = edited()
    told.edit(world.THREE_MAILS.replace("2 days", "1 day"))
    told.turn(world.MONDAY + DAY)
    assert (told.inside.version, told.inside.due_at) == (
        world.site({"tips": world.THREE_MAILS}).versions["tips"],
        world.MONDAY + 2 * DAY,
    )


@pytest.mark.parametrize(
    ("wait", "due"), [("1 day", DAY), ("5 days", 5 * DAY), ("2 days", 2 * DAY), ("36 hours", timedelta(hours=36))]
)
def test_a_wait_is_counted_again_from_where_it_began(edited, world, wait, due):
    told = edited()
    told.edit(ADOPT + world.THREE_MAILS.replace("2 days", wait))
    told.turn(world.MONDAY + timedelta(hours=5))
    assert (told.inside.step, told.inside.due_at) == ("two", world.MONDAY + due)
    assert told.inside.version == told.site.versions["tips"]
    assert ("adopted", "release 2 edits the sequence: goes on at `two` in its new version") in told.story.said


def test_what_is_past_by_the_new_wait_is_sent_at_once(edited, world):
    told = edited()
    told.edit(ADOPT + world.THREE_MAILS.replace("2 days", "1 hour"))
    told.turn(world.MONDAY + timedelta(hours=5))
    assert told.story.sent == ["tips/one", "tips/two"]


def test_an_edit_is_carried_out_once(edited, world):
    told = edited()
    told.edit(ADOPT + world.THREE_MAILS.replace("2 days", "5 days"))
    told.turn()
    again = told.turn()
    assert (again.enrolments, again.decisions) == ((), ())


def test_a_step_added_above_is_not_received_and_one_below_is(edited, world):
    one, two, three = (f"[[step]]{step}" for step in world.THREE_MAILS.split("[[step]]")[1:])
    told = edited()
    added = '[[step]]\nid = "{0}"\nemail = "{0}"\n'
    told.edit(ADOPT + one + added.format("above") + two + added.format("below") + three)
    told.lives(world.MONDAY + 30 * DAY)
    assert told.story.sent == ["tips/one", "tips/two", "tips/below", "tips/three"]
    assert told.inside.state == "completed"


def test_a_step_that_was_taken_and_moved_down_is_not_taken_again(edited, world):
    one, two, three = (f"[[step]]{step}" for step in world.THREE_MAILS.split("[[step]]")[1:])
    told = edited()
    told.edit(ADOPT + two + one + three)
    told.turn()
    assert told.inside.passed == ("one",)
    told.lives(world.MONDAY + 30 * DAY)
    assert told.story.sent == ["tips/one", "tips/two", "tips/three"]
    assert ("skipped", "taken already, before an edit put it further down") in told.story.said
    assert told.inside.passed == ()


def test_a_step_that_moved_up_past_the_lead_is_not_taken(edited, world):
    one, two, three = (f"[[step]]{step}" for step in world.THREE_MAILS.split("[[step]]")[1:])
    told = edited()
    told.edit(ADOPT + one + three + two)
    told.lives(world.MONDAY + 30 * DAY)
    assert told.story.sent == ["tips/one", "tips/two"]


SHORT = """
[[step]]
id = "one"
email = "one"

[[step]]
id = "three"
wait = "3 days"
email = "three"
"""


@pytest.mark.parametrize(
    ("how", "sent", "state"),
    [
        ("pin", ["one", "two", "three"], "completed"),
        ("next", ["one", "three"], "completed"),
        ("exit", ["one"], "left"),
    ],
)
def test_whoever_stands_on_a_deleted_step_goes_where_the_author_chose(edited, world, how, sent, state):
    told = edited()
    told.edit(ADOPT + SHORT, two=how)
    told.keeps_its_texts()
    told.lives(world.MONDAY + 30 * DAY)
    assert told.story.sent == [f"tips/{step}" for step in sent]
    assert (told.inside.state, told.inside.version == told.site.versions["tips"]) == (state, how == "next")


def test_a_pinned_lead_stays_pinned_at_the_steps_that_others_adopt_from(edited, world):
    told = edited()
    told.edit(ADOPT + SHORT.replace("3 days", "9 days"), two="pin")
    told.keeps_its_texts()
    told.turn()
    told.turn(world.MONDAY + 2 * DAY)
    told.story.mail_ends()
    assert (told.inside.step, told.inside.due_at) == ("three", world.MONDAY + 5 * DAY)


def test_next_counts_from_the_mail_that_was_sent_last(edited, world):
    told = edited()
    told.edit(ADOPT + SHORT, two="next")
    told.turn(world.MONDAY + DAY)
    assert (told.inside.step, told.inside.due_at) == ("three", world.MONDAY + 3 * DAY)


def test_next_below_the_last_step_is_the_end(edited, world):
    told = edited()
    told.edit(ADOPT + SHORT.split("\n\n")[0] + "\n", two="next")
    told.turn()
    assert told.inside.state == "completed"


def test_a_renamed_step_keeps_its_wait(edited, world):
    told = edited()
    [case] = told.edit(ADOPT + world.THREE_MAILS.replace('"two"', '"second"'), two="adopt").cases or [None]
    assert case is None
    told.turn(world.MONDAY + DAY)
    assert (told.inside.step, told.inside.due_at) == ("second", world.MONDAY + 2 * DAY)
    told.lives(world.MONDAY + 30 * DAY)
    assert told.story.sent == ["tips/one", "tips/second", "tips/three"]


def test_a_mail_on_its_way_is_waited_for_before_its_step_is_left_behind(edited, world):
    told = edited()
    told.turn(world.MONDAY + 2 * DAY)
    assert told.inside.position == "awaiting_mail"
    told.edit(ADOPT + SHORT, two="next")
    told.turn()
    assert (told.inside.step, told.inside.position) == ("two", "awaiting_mail")
    told.story.mail_ends(at=world.MONDAY + 2 * DAY + timedelta(minutes=1))
    assert (told.inside.step, told.inside.due_at) == ("three", world.MONDAY + 5 * DAY + timedelta(minutes=1))
    assert told.inside.version == told.site.versions["tips"]


def test_the_newest_of_several_edits_is_carried_out(edited, world):
    told = edited()
    told.edit(ADOPT + world.THREE_MAILS.replace("2 days", "5 days"))
    told.edit(ADOPT + world.THREE_MAILS.replace("2 days", "7 days"))
    told.turn()
    assert (told.inside.due_at, told.inside.version) == (world.MONDAY + 7 * DAY, told.site.versions["tips"])


def test_going_back_to_a_version_does_not_send_those_who_enter_it_round_in_circles(edited, world):
    told = edited()
    told.edit(ADOPT + world.THREE_MAILS.replace("2 days", "5 days"))
    told.turn()
    told.edit(world.THREE_MAILS, two="adopt")
    told.turn()
    assert told.inside.version == told.site.versions["tips"]
    assert told.inside.due_at == world.MONDAY + 2 * DAY
    again = told.turn()
    assert again.enrolments == ()

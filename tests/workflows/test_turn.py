"""A lead's whole turn: what comes in, what goes out, and that a second look changes nothing."""

from datetime import timedelta

DAY = timedelta(days=1)


def test_a_form_lets_ada_in_and_promises_the_first_mail_in_the_same_turn(tell):
    story = tell()
    turn = story.submits()
    assert story.sent == ["tips/one"]
    assert story.said == [("entered", "form_submitted guide")]
    assert [(change.from_stage, change.to_stage) for change in turn.stage_changes] == [("contact", "iql")]
    inside = story.inside()
    assert (inside.step, inside.position, inside.due_at) == ("one", "awaiting_mail", None)


def test_a_second_look_at_the_same_instant_changes_nothing(tell):
    story = tell()
    story.submits()
    again = story.turn()
    assert (again.enrolments, again.messages, again.receipts, again.decisions) == ((), (), (), ())
    assert not again.standing_changed


def test_the_next_wait_counts_from_the_instant_the_mail_was_sent(tell):
    story = tell()
    story.submits()
    sent_at = story.now + timedelta(hours=5)
    turn = story.mail_ends(at=sent_at)
    assert turn.due_at == story.inside().due_at == sent_at + 2 * DAY
    assert story.sent == ["tips/one"]
    story.turn(sent_at + 2 * DAY)
    assert story.sent == ["tips/one", "tips/two"]


def test_a_whole_series_ends_completed_with_a_receipt_for_each_step(tell):
    story = tell()
    story.submits()
    for days in (2, 3):
        story.mail_ends()
        story.turn(story.now + days * DAY)
    story.mail_ends()
    assert story.sent == ["tips/one", "tips/two", "tips/three"]
    assert [receipt.step for turn in story.turns for receipt in turn.receipts] == ["one", "two", "three"]
    assert (story.inside().state, story.inside().step) == ("completed", None)
    assert story.said[-1] == ("completed", "every step lies behind")


def test_answers_without_waits_go_one_after_the_other_each_after_the_one_before_has_ended(tell):
    mails = "".join(f'[[step]]\nid = "{name}"\nemail = "{name}"\n' for name in ("one", "two", "three"))
    story = tell('class = "transactional"\n' + mails)
    story.submits()
    for sent in (["tips/one"], ["tips/one", "tips/two"], ["tips/one", "tips/two", "tips/three"]):
        story.turn()
        assert story.sent == sent
        assert story.inside().position == "awaiting_mail"
        story.mail_ends()
    assert story.inside().state == "completed"


def test_a_goal_reached_between_does_not_take_the_mail_before_for_the_one_it_jumps_to(tell):
    goal = '[goal]\nwhen = { event = "page_seen" }\non_reach = "two"\n'
    mails = "".join(f'[[step]]\nid = "{name}"\nemail = "{name}"\n' for name in ("one", "two", "three"))
    story = tell('class = "transactional"\n' + goal + mails)
    story.submits()
    story.event("page_seen", "offer")
    story.mail_ends()
    assert story.sent == ["tips/one", "tips/two"]


def test_a_stage_reached_asks_for_a_hand_off_once(tell):
    story = tell()
    story.submits()
    for _ in range(3):
        story.event("page_seen", "offer")
    assert story.turn().stage_changes == ()
    story.event("page_seen", "offer")
    turn = story.turn()
    assert [(change.to_stage, change.hand_off) for change in turn.stage_changes] == [("mql", True)]
    assert story.turn().stage_changes == ()


def test_cooling_is_due_on_the_day_and_moves_the_lead_back(tell):
    story = tell()
    story.submits()
    for _ in range(4):
        story.event("page_seen", "offer")
    turn = story.turn()
    while story.standing.stage == "mql":
        assert turn.due_at is not None
        assert turn.due_at > story.now
        turn = story.turn(turn.due_at)
    assert story.standing.stage == "iql"
    assert story.standing.engagement < 60_000
    assert story.now - story.turns[0].facts.standing.as_of < 31 * DAY


def test_rules_that_go_in_a_circle_are_parked_with_a_finding(world):
    steps = "".join(f'[[step]]\nid = "s{n}"\nset.fields = {{ n = {n} }}\n' for n in range(30))
    story = world.Story(world.site({"tips": steps}))
    turn = story.submits()
    assert turn.due_at == story.now + timedelta(minutes=1)
    assert story.said[-1][1].startswith("parked after 20 rounds")
    story.turn(turn.due_at)
    assert story.inside().state == "completed"
    assert story.lead.fields == {"n": 29}


def test_set_changes_fields_columns_and_tags_but_never_the_address(tell):
    story = tell(
        """
        [[step]]
        id = "note"
        set.fields = { sector = "wood", company = "Atelier", email = "x@y.example" }
        set.add_tags = ["a"]
        set.remove_tags = ["b"]
        """,
        tags=("b", "c"),
    )
    turn = story.submits()
    assert turn.lead_changed
    assert (story.lead.fields, story.lead.company, story.lead.tags) == ({"sector": "wood"}, "Atelier", ("c", "a"))
    assert story.lead.email == "ada@lumen.example"


def test_notify_tells_the_owner_in_their_language_and_goes_on(tell):
    steps = """
        [[step]]
        id = "ring"
        notify = { subject = { fr = "Appelez", en = "Call" }, text = "t" }
        """
    story = tell(steps, owner="karim")
    [message] = story.submits().messages
    assert (message.klass, message.email, message.recipient) == ("notification", "notify", "karim@lumen.example")
    assert (message.locale, message.context) == ("en", {"subject": "Call", "text": "t"})
    assert story.inside().state == "completed"
    assert tell(steps.replace("text =", 'rep = "nadia", text ='), owner="karim").submits().messages[0].locale == "fr"
    assert tell(steps, owner="gone").submits().messages[0].recipient == "nadia@lumen.example"


def test_a_stage_lets_in_by_its_trigger_within_the_same_turn(world):
    hot = 'trigger = [{ stage = "mql" }]\n' + world.THREE_MAILS
    story = world.Story(world.site({"hot": hot}))
    for _ in range(4):
        story.event("page_seen", "offer")
    story.turn()
    assert story.sent == ["hot/one"]
    assert story.said[0] == ("entered", "stage mql")

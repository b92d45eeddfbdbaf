"""Whoever types somebody else's address into forms makes them get one link to confirm a day, and three in all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leads import consenting
from leads.answering import ConsentAnswer
from leads.consent import address_hash
from storage import schema
from storage.upsert import insert_or_ignore
from tests.workflows.conftest import site

ANSWERS = """
class = "transactional"
re_entry = "always"
[[trigger]]
form = "{form}"
[[step]]
id = "ask"
email = "confirm"
"""
ALL_FORMS = ("guide", "letter", "grid", "demo")
KEY = "suppression-key-of-the-tests-012345"  # the workshop's


@pytest.fixture
def shop(workshop):
    """Four forms, each answered by a mail that asks to confirm."""
    return workshop({f"answer-{form}": ANSWERS.format(form=form) for form in ALL_FORMS})


def asks(shop, who="ada", form="guide"):
    """Somebody types that address in; what becomes of it, mail included."""
    lead_id = shop.submits(who, form, consent_to=None)
    works(shop)
    return lead_id


def works(shop):
    shop.works()
    shop.mails_end()
    shop.works()


@pytest.fixture
def shop_and_letter(database, clocks, workshop_of):
    """A letter's mail, which needs its link; three others, whose authors wrote that they may leave without theirs."""
    made = site({name: ANSWERS.format(form=name) for name in ("letter", "demo", "grid", "guide")})
    emails = {key: email.model_copy(update={"link_optional": key[0] != "letter"}) for key, email in made.emails.items()}
    return workshop_of(database, clocks, replace(made, emails=emails))


def ticks(shop, lead_id, topic="letter"):
    """A box of consent, which waits for its confirmation."""
    answer, now = ConsentAnswer(topic, "I do", True), shop.clocks.moment()
    shop.database.write(lambda conn: consenting.ask(conn, lead_id, [answer], form=None, locale="fr", proof={}, now=now))


def guides(names):
    """For each name a form that is answered by a guide, which asks nothing."""
    return {f"answer-{name}": ANSWERS.format(form=name).replace("confirm", "file") for name in names}


def letters(shop):
    return [email for (email,) in shop.rows(schema.messages, "email")]


def reasons(shop):
    return [reason for _, reason in shop.rows(schema.decisions, "outcome", "reason")]


def test_a_second_mail_that_needs_its_link_waits_for_the_day_to_pass(shop):
    asks(shop, form="guide")
    asks(shop, form="letter")
    assert letters(shop) == ["answer-guide/confirm"]
    assert "the address was asked to confirm less than 24 hours ago" in reasons(shop)
    shop.advance(hours=23, minutes=59)
    works(shop)
    assert letters(shop) == ["answer-guide/confirm"]
    shop.advance(minutes=1)
    works(shop)
    assert letters(shop) == ["answer-guide/confirm", "answer-letter/confirm"]


def test_the_same_mail_is_not_sent_again_within_the_day(shop):
    asks(shop)
    asks(shop)
    shop.advance(hours=30)
    works(shop)
    assert letters(shop) == ["answer-guide/confirm"]
    assert "the address has this mail since less than 24 hours, unconfirmed" in reasons(shop)


def test_of_mails_that_need_their_link_an_address_ever_gets_three(shop):
    for _ in range(6):
        for form in ALL_FORMS:
            asks(shop, form=form)
        shop.advance(days=2)
        works(shop)
    assert len(letters(shop)) == 3
    assert "the address was asked to confirm 3 times and never did" in reasons(shop)


def test_of_a_mail_that_asks_nothing_the_same_goes_once_a_day_and_three_times_in_all(workshop):
    """A guide by mail is a weapon too; another guide is not held up by the first."""
    plain = {f"answer-{form}": ANSWERS.format(form=form).replace("confirm", "file") for form in ("guide", "grid")}
    shop = workshop(plain)
    for _ in range(5):
        for _ in range(2):
            asks(shop, form="guide")
        asks(shop, form="grid")
        shop.advance(hours=25)
    assert sorted(letters(shop)) == ["answer-grid/file"] * 3 + ["answer-guide/file"] * 3
    assert "the address got this mail 3 times and never confirmed anything" in reasons(shop)


def linked(shop):
    """Each mail, and whether it may bring the link to confirm."""
    return [
        (email.partition("/")[0], context is None) for email, context in shop.rows(schema.messages, "email", "context")
    ]


def test_an_answer_leaves_at_once_without_its_link_where_the_address_was_just_asked_to_confirm(shop_and_letter):
    ticks(shop_and_letter, asks(shop_and_letter, form="letter"))
    for name in ("demo", "guide", "grid"):
        asks(shop_and_letter, form=name)
    assert linked(shop_and_letter) == [
        ("letter", True), ("demo", False), ("guide", False), ("grid", False),
    ]  # fmt: skip
    told = [reason for (reason,) in shop_and_letter.rows(schema.receipts, "reason")]
    assert told == [None] + ["without its link: the address was asked to confirm less than 24 hours ago"] * 3


def test_no_receipt_tells_of_a_link_that_was_left_out_where_nothing_waits_for_a_confirmation(shop_and_letter):
    for name in ("demo", "grid"):
        asks(shop_and_letter, form=name)
    assert shop_and_letter.rows(schema.receipts, "reason") == [(None,), (None,)]


def test_a_mail_that_needs_its_link_waits_for_it(shop_and_letter):
    for name in ("demo", "letter"):
        asks(shop_and_letter, form=name)
    assert linked(shop_and_letter) == [("demo", True)]
    shop_and_letter.advance(hours=24)
    works(shop_and_letter)
    assert linked(shop_and_letter) == [("demo", True), ("letter", True)]


def test_the_link_comes_back_the_next_day_and_three_times_in_all(shop_and_letter):
    for name in ("demo", "grid", "guide", "demo", "grid"):
        asks(shop_and_letter, form=name)
        shop_and_letter.advance(hours=25)
    assert [with_link for _, with_link in linked(shop_and_letter)] == [True, True, True, False, False]


def test_of_all_texts_together_an_address_gets_five_a_day(workshop):
    """Guides by mail are a weapon too, where there are many; what is one too many never comes after the flood."""
    shop = workshop(guides("abcdefg"))
    for name in "abcdefg":
        asks(shop, form=name)
    assert len(letters(shop)) == 5
    assert "the address got 5 mails in 24 hours and never confirmed anything" in reasons(shop)
    shop.advance(hours=24)
    works(shop)
    assert len(letters(shop)) == 5
    asks(shop, form="f")
    assert len(letters(shop)) == 6


def test_of_all_texts_together_an_address_ever_gets_ten(workshop):
    names = "abcdefghijkl"
    shop = workshop(guides(names))
    for name in names:
        asks(shop, form=name)
        shop.advance(hours=12)
    shop.advance(days=400)
    asks(shop, form="l")
    assert letters(shop) == [f"answer-{name}/file" for name in names[:10]]
    assert reasons(shop).count("the address got 10 mails and never confirmed anything") == 3


def test_a_receipt_says_which_text_was_picked_and_that_it_goes_without_its_link(database, clocks, workshop_of):
    picks = 'trigger = [{ form = "demo" }]\n[[step]]\nid = "ask"\npick = { phase = "first" }\n'
    made = site({"letter": ANSWERS.format(form="letter"), "demo": 'class = "transactional"\n' + picks})
    asking = made.emails["letter", "confirm", "fr"].model_copy(update={"link_optional": True, "phase": "first"})
    shop = workshop_of(database, clocks, replace(made, emails={**made.emails, ("demo", "confirm", "fr"): asking}))
    ticks(shop, asks(shop, form="letter"))
    asks(shop, form="demo")
    [told] = [reason for (reason,) in shop.rows(schema.receipts, "reason") if reason]
    assert told == "picked `confirm`; without its link: the address was asked to confirm less than 24 hours ago"


def test_what_no_form_asks_for_is_not_counted(workshop):
    """An order, told by another program: as many mails as there are orders."""
    ordered = ANSWERS.replace('form = "{form}"', 'event = "ordered"').replace("confirm", "bill")
    shop = workshop({"bill": ordered})
    lead_id = shop.submits("ada", "guide", consent_to=None)
    for _ in range(5):
        shop.happens(lead_id, "ordered")
        works(shop)
    assert len(letters(shop)) == 5


def test_each_address_is_counted_for_itself(shop):
    for who in ("ada", "bob", "chloe"):
        asks(shop, who)
    assert len(letters(shop)) == 3


def test_who_has_confirmed_is_asked_as_often_as_they_like(shop):
    shop.submits("ada", "guide", consent_to="tips")
    for form in ALL_FORMS:
        asks(shop, form=form)
    assert len(letters(shop)) == len(ALL_FORMS) + 1


def test_a_confirmation_lets_go_what_was_put_off(shop):
    asks(shop, form="guide")
    asks(shop, form="letter")
    with shop.database.read() as conn:
        [lead_id] = conn.execute(schema.leads.select().with_only_columns(schema.leads.c.id)).scalars()
    shop.database.write(lambda conn: shop.agreed(conn, lead_id, "tips"))
    shop.happens(lead_id, "consent_granted", "tips")
    works(shop)
    assert letters(shop) == ["answer-guide/confirm", "answer-letter/confirm"]


def test_another_engine_that_asked_the_address_meanwhile_is_seen_when_it_counts(shop):
    """Between the look and the write somebody else asked that address, as another lead: nothing leaves too early."""
    hashed, now = address_hash(KEY, "ada@lumen.example"), shop.clocks.calendar_now
    row = {"address_hash": hashed, "number": 1, "email": "answer-letter/confirm", "asks": True, "at": now}
    shop.submits("ada", "guide", consent_to=None)
    shop.after_reading(lambda: shop.database.write(lambda conn: insert_or_ignore(conn, schema.confirmations, row)))
    works(shop)
    assert letters(shop) == []
    assert shop.rows(schema.confirmations, "number", "email") == [(1, "answer-letter/confirm")]
    shop.advance(hours=24)
    works(shop)
    assert letters(shop) == ["answer-guide/confirm"]


def test_the_count_outlives_the_lead_and_the_release(shop):
    """By address, not by lead: another row with the same address finds what was asked before."""
    hashed = address_hash(KEY, "ada@lumen.example")
    long_ago = shop.clocks.calendar_now - timedelta(days=400)
    rows = [
        {"address_hash": hashed, "number": n, "email": "old/confirm", "asks": True, "at": long_ago} for n in (1, 2, 3)
    ]
    shop.database.write(lambda conn: insert_or_ignore(conn, schema.confirmations, rows))
    asks(shop)
    assert letters(shop) == []


def test_whoever_left_and_comes_back_is_answered_within_the_interval(workshop):
    again = ANSWERS.replace('re_entry = "always"', 're_entry = "always"\nmin_interval = "24 hours"').format(
        form="letter"
    )
    shop = workshop({"answer-letter": again})
    lead_id = shop.submits("ada", "letter", consent_to="letter")
    works(shop)
    asks(shop, form="letter")
    assert len(letters(shop)) == 1
    shop.happens(lead_id, "unsubscribed", "all")
    asks(shop, form="letter")
    assert len(letters(shop)) == 2

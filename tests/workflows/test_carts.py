"""What a shop and a product tell: a cart that nobody paid is reminded of, an order or a trial that ends is an event."""

import pytest

from storage import schema

CART = """
title = "Cart"
class = "transactional"
sender = "ada"
re_entry = "after_exit"
[[trigger]]
event = "cart_updated"
[[step]]
id = "order"
[step.wait_for]
when = { event = "order_completed" } # after they came in: an order of before does not count
timeout = "4 hours"
on_timeout = "reminder"

[[step]]
id = "paid"
exit = "ordered"

[[step]]
id = "reminder"
email = "reminder"
"""
TRIAL = """
title = "Trial"
class = "transactional"
sender = "ada"
[[trigger]]
event = "trial_expired"
[[step]]
id = "offer"
email = "offer"
"""


@pytest.fixture
def shop(workshop):
    return workshop({"cart": CART, "trial": TRIAL})


def letters(shop):
    return shop.rows(schema.messages, "email")


def test_a_cart_is_reminded_of_four_hours_later_where_no_order_came(shop):
    lead_id = shop.submits("ada", consent_to=None)
    shop.happens(lead_id, "cart_updated")
    shop.works()
    shop.advance(hours=3, minutes=59)
    shop.works()
    assert letters(shop) == []
    shop.advance(minutes=1)
    shop.works()
    assert letters(shop) == [("cart/reminder",)]


def test_an_order_ends_it(shop):
    lead_id = shop.submits("ada", consent_to=None)
    shop.happens(lead_id, "cart_updated")
    shop.works()
    shop.advance(hours=2)
    shop.happens(lead_id, "order_completed")
    shop.advance(hours=10)
    shop.works()
    assert letters(shop) == []
    assert shop.rows(schema.enrolments, "state") == [("left",)]


def test_what_merely_happens_to_a_lead_lets_it_in(shop):
    """The end of a trial is nobody's act: it scores nothing, and is a trigger all the same."""
    lead_id = shop.submits("ada", consent_to=None)
    shop.happens(lead_id, "trial_expired", evidence="engine")
    shop.works()
    assert letters(shop) == [("trial/offer",)]

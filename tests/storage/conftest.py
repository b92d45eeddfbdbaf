"""Leads and webhooks to claim, without the rooms that make them."""

import pytest

from storage import wakes
from storage.schema import leads, webhooks


@pytest.fixture
def make_leads(database, moment):
    """`make_leads(3)` gives the ids of three new leads, each due at once."""
    values = {"status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound"}

    def made(conn):
        lead = leads.insert().values(created_at=moment.calendar, **values).returning(leads.c.id)
        lead_id = conn.execute(lead).scalar_one()
        wakes.create(conn, lead_id, moment.calendar)
        return lead_id

    return lambda count: database.write(lambda conn: [made(conn) for _ in range(count)])


@pytest.fixture
def make_webhooks(database, make_leads, moment):
    """`make_webhooks(3)` gives the ids of three webhooks that are due."""
    [lead_id] = make_leads(1)
    values = {"lead_id": lead_id, "channel": "crm", "type": "lead.hot", "payload": {}, "state": "due", "attempts": 0}

    def made(conn, number):
        webhook = webhooks.insert().values(
            event_id=f"e{number}", due_at=moment.machine, created_at=moment.calendar, **values
        )
        return conn.execute(webhook.returning(webhooks.c.id)).scalar_one()

    return lambda count: database.write(lambda conn: [made(conn, number) for number in range(count)])

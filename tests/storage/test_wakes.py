import pytest

from storage import wakes


def test_a_lead_without_a_wake_cannot_be_stirred(database, moment):
    with pytest.raises(LookupError, match="no wake"):
        database.write(lambda conn: wakes.stir(conn, 404, moment.calendar))

"""The service level as the definitions write it: until when, which step comes next, and when."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from authoring.models.hand_off import Escalation, HandOff
from sales.service import answer_by, next_step

PARIS = "Europe/Paris"
FRIDAY = datetime(2026, 11, 6, 15, 30, tzinfo=UTC)  # 16:30 in Paris
WRITTEN = {
    "reps": [{"id": "ada", "name": "Ada", "email": "ada@lumen.example"}],
    "reject_reasons": [{"id": "no", "label": "No"}],
    "answer_within": "4 hours",
    "hours": {"from": "09:00", "to": "18:00", "holidays": ["FR"]},
    "escalation": [
        {"id": "boss", "after": "8 hours", "do": "tell", "to": "ada"},
        {"id": "again", "after": "2 hours", "do": "remind"},
    ],
}


def hand_off(**changes):
    return HandOff.model_validate({**WRITTEN, **changes})


def test_only_working_hours_count_for_an_answer():
    assert answer_by(hand_off(), FRIDAY, PARIS) == datetime(2026, 11, 9, 10, 30, tzinfo=UTC)
    assert answer_by(hand_off(hours=None), FRIDAY, PARIS) == datetime(2026, 11, 6, 19, 30, tzinfo=UTC)


def test_steps_come_in_the_order_of_time_whatever_the_order_of_the_file():
    at, step = next_step(hand_off(), FRIDAY, (), PARIS)
    assert (at, step.id) == (datetime(2026, 11, 9, 8, 30, tzinfo=UTC), "again")
    at, step = next_step(hand_off(), FRIDAY, ["again"], PARIS)
    assert (at, step.id) == (datetime(2026, 11, 9, 14, 30, tzinfo=UTC), "boss")
    assert next_step(hand_off(), FRIDAY, ["again", "boss"], PARIS) is None
    assert next_step(hand_off(escalation=[]), FRIDAY, (), PARIS) is None


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"id": "boss", "after": "1 hour", "do": "tell"}, "`tell` needs `to`"),
        ({"id": "again", "after": "1 hour", "do": "remind", "to": "ada"}, "`to` does not go with `remind`"),
    ],
)
def test_a_step_says_whom_it_tells(written, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Escalation.model_validate(written)

"""The demo says before a press where Next will go, and how far its visitor is from an alert."""

from threading import Event

import pytest

from base.paths import data_path
from terreau.demo import OPENING, Wish, _desk, staged
from terreau.story import CHLOE, Teller, _asks, _confirms, _receives
from terreau.visitor import Visitor


@pytest.fixture
def stage(tmp_path):
    wish = Wish(data_path("content"), tmp_path, 0, None, once=True)
    with staged(wish, tmp_path, Event()) as opened:
        yield opened


def test_next_goes_where_it_said_and_the_way_to_the_alert_is_counted(stage):
    desk = _desk(stage)
    assert desk.pages("fr")[0][1] == "/p/guide-3d"
    assert desk.progress() == ()
    with Visitor(stage.base_url) as visitor:
        teller = Teller(stage, lambda line: None)
        for act in (_asks, _receives):
            act(stage, teller, visitor)
            stage.pace.rest()
        (way,) = desk.progress()
        assert (way.name, way.threshold) == ("Chloé", 80)
        assert way.next == "the address is to be confirmed from the mail"
        _confirms(stage, teller, visitor)
        stage.pace.rest()
        (way,) = desk.progress()
        assert way.points == 40
        assert way.next.startswith("press Next")
    for _ in range(3):
        mails, said = len(stage.mailbox.all()), desk.next_due()
        moved = stage.pace.press()
        assert said is not None
        assert abs((moved - said).total_seconds()) < 60
        assert len(stage.mailbox.all()) > mails
    assert said > OPENING
    assert all(CHLOE in mail.recipients for mail in stage.mailbox.all())

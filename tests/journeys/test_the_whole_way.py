"""From a landing page to an accepted lead, over real HTTP and real SMTP, on both databases, in both languages."""

import re
import time

import httpx
import pytest
from sqlalchemy import select

from leads import consent
from storage.schema import enrolments, events, hand_offs, leads, messages, stage_changes
from terreau.record import topics_granted
from terreau.story import play as play_story
from terreau.visitor import Visitor

ADA = "ada@marlow-interiors.example"
ADDRESS = re.compile(r"https?://[^\s<>\")\]]+")


def addresses(mail, part):
    return [address for address in ADDRESS.findall(mail.body("plain")) if part in address]


def newest(play, address, after=0):
    mail = play.stage.mailbox.wait_for(lambda one: address in one.recipients, 15, after)
    assert mail is not None, "the mail awaited did not come"
    return mail


def rows(play, query):
    with play.stage.house.database.read() as conn:
        return conn.execute(query).all()


def ask_for_the_guide(play, visitor, address, language="en"):
    page = visitor.open("/en/p/guide-3d" if language == "en" else "/p/guide-3d")
    time.sleep(0.1)
    return visitor.send(
        page,
        {
            "email": address,
            "first_name": "Ada",
            "company": "Marlow Interiors",
            "profession": "interior",
            "practice": "search",
            "consent_conseils": True,
        },
    )


def test_the_story_comes_out_in_french(play):
    said: list[str] = []
    assert play_story(play.stage, said.append) == 0, "\n".join(said)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whoever_asks_for_two_things_before_confirming_the_first_confirms_both_by_its_link(play, language):
    prefix = "/en" if language == "en" else ""
    with Visitor(play.url, language) as ada:
        page = ada.open(f"{prefix}/p/lettre")
        time.sleep(0.1)
        ada.send(page, {"email": ADA})
        letter = newest(play, ADA)
        known = len(play.stage.mailbox.all())
        ask_for_the_guide(play, ada, ADA, language)
        guide = newest(play, ADA, known)
        assert addresses(guide, "/m/")
        assert not addresses(guide, "/confirm/")
        asked = ada.open(addresses(letter, "/confirm/")[0])
        assert asked.language == language
        done = ada.send(asked, {"also": True})
        assert done.heading == ("It is confirmed" if language == "en" else "C’est confirmé")
    [lead_id] = [row.id for row in rows(play, select(leads.c.id).where(leads.c.email == ADA))]
    with play.stage.house.database.read() as conn:
        assert consent.granted(conn, [lead_id])[lead_id] == {"lettre", "conseils-3d"}


def test_the_way_in_english_from_the_page_to_a_rejection_with_its_reason(play):
    with Visitor(play.url, "en") as ada:
        page = ada.open("/en/p/guide-3d")
        assert (page.language, page.heading) == ("en", "Show a project in 3D without losing sleep")
        thanks = ask_for_the_guide(play, ada, ADA)
        assert thanks.heading == "The guide is on its way"
        delivery = newest(play, ADA)
        assert 'lang="en"' in delivery.body("html")
        shelf = ada.open(addresses(delivery, "/m/")[0])
        ada.linger(shelf)
        assert shelf.language == "en"
        assert ada.download(shelf.downloads()[0]).startswith(b"%PDF")
        ada.send(ada.open(addresses(delivery, "/confirm/")[0]), {"clicks": True})
        play.stage.pace.rest()
        for number in (1, 2):
            known = len(play.stage.mailbox.all())
            play.stage.pace.press()
            mail = newest(play, ADA, known)
            assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", number
            read = ada.open(addresses(mail, "/c/")[0])
            assert read.language == "en"
            assert ada.linger(read)
            play.stage.pace.rest()
    (alert,) = [mail for mail in play.stage.mailbox.all() if ADA not in mail.recipients]
    with Visitor(play.url) as staff:
        page = staff.open(next(link for link in addresses(alert, "/v/") if "reject" in link))
        refused = staff.send(page, {"reason": "hors-cible"}, button="reject")
        assert refused.status == 200
    play.stage.pace.rest()
    (hand_off,) = rows(play, select(hand_offs))
    assert (hand_off.verdict, hand_off.verdict_reason) == ("rejected", "hors-cible")
    way = [row.to_stage for row in rows(play, select(stage_changes).order_by(stage_changes.c.id))]
    assert way[-3:] == ["iql", "mql", "iql"]


def test_what_a_scanner_opens_changes_nothing(play):
    """Every address of the delivery mail is fetched twice before anybody reads it; nothing is confirmed or counted."""
    with Visitor(play.url, "en") as ada, httpx.Client() as scanner:
        ask_for_the_guide(play, ada, ADA)
        delivery = newest(play, ADA)
        for address in [*ADDRESS.findall(delivery.body("plain")), *ADDRESS.findall(delivery.body("html"))] * 2:
            if address.startswith(play.url):
                scanner.get(address)
                scanner.head(address)
    play.stage.pace.rest()
    assert topics_granted(play.stage, ADA) == frozenset()
    assert [row.to_stage for row in rows(play, select(stage_changes))] == ["iql"]
    assert [row.name for row in rows(play, select(events)) if row.evidence == "human"] == ["form_submitted"]


def test_a_form_sent_twice_is_one_submission_one_lead_and_one_mail(play):
    with Visitor(play.url, "en") as ada:
        page = ada.open("/en/p/guide-3d")
        time.sleep(0.1)
        answers = {"email": ADA, "first_name": "Ada", "company": "M", "profession": "interior", "practice": "slow"}
        for _ in range(2):
            assert ada.send(page, answers).heading == "The guide is on its way"
    newest(play, ADA)
    play.stage.pace.rest()
    assert len(play.mails_to(ADA)) == 1
    assert len(rows(play, select(messages))) == 1


def test_whoever_leaves_with_one_click_gets_nothing_more_and_the_engine_knows_why(play):
    with Visitor(play.url, "en") as ada:
        ask_for_the_guide(play, ada, ADA)
        ada.send(ada.open(addresses(newest(play, ADA), "/confirm/")[0]), {"clicks": False})
    play.stage.pace.rest()
    known = len(play.stage.mailbox.all())
    play.stage.pace.press()
    mail = newest(play, ADA, known)
    (leave,) = re.findall(r"<(https?://[^>]+/u/[^>]+)>", str(mail.message["List-Unsubscribe"]))
    answer = httpx.post(leave, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
    play.stage.pace.rest()
    assert [row.state for row in rows(play, select(enrolments).where(enrolments.c.sequence == "conseils-3d"))] == [
        "left"
    ]
    known = len(play.mails_to(ADA))
    for _ in range(4):
        play.stage.pace.press()
    assert len(play.mails_to(ADA)) == known


@pytest.mark.parametrize("path", ["/p/guide-3d", "/en/p/guide-3d", "/healthz", "/readyz", "/robots.txt", "/"])
def test_every_door_of_visitors_answers_with_its_headers(play, path):
    answer = httpx.get(play.url + path, follow_redirects=True)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_consent_is_kept_with_the_sentence_that_was_shown(play):
    with Visitor(play.url, "en") as ada:
        ask_for_the_guide(play, ada, ADA)
        ada.send(ada.open(addresses(newest(play, ADA), "/confirm/")[0]), {"clicks": True})
    play.stage.pace.rest()
    with play.stage.house.database.read() as conn:
        assert consent.granted(conn, [1])[1] == {"conseils-3d", "clicks"}

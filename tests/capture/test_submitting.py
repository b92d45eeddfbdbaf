"""A form sent: recorded once and thanked for, or given back with every answer in it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storage.schema import consents, events, leads, submissions, wakes

GUIDE = {
    "email": "Chloe@Atelier-Marchand.fr",
    "first_name": "Chloé",
    "company": "Atelier Marchand",
    "phone": "06 39 98 12 34",
    "profession": "interior",
    "practice": "slow",
    "consent_conseils": "conseils-3d",
}
DEMO = {
    "first_name": "Ada",
    "last_name": "Moreau",
    "email": "ada@trois-pignons.example",
    "company": "Trois Pignons",
    "team": "1",
    "timeline": "now",
}


def count(door, table):
    with door.database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def one(door, table):
    with door.database.read() as conn:
        return conn.execute(select(table)).one()


def test_a_form_that_is_right_is_recorded_and_thanked_for(door, browser):
    answer = browser.send("/p/guide-3d", GUIDE)
    assert answer.status_code == 303
    assert answer.location.startswith("/thanks/guide-3d?for=")
    lead = one(door, leads)
    assert (lead.email, lead.phone) == ("chloe@atelier-marchand.fr", "+33639981234")
    assert (lead.first_name, lead.company, lead.locale) == ("Chloé", "Atelier Marchand", "fr")
    assert lead.fields == {"profession": "interior", "practice": "slow"}
    submission = one(door, submissions)
    assert submission.answers == {**GUIDE, "consent_conseils": True}
    assert (submission.form, submission.page) == ("guide-3d", "guide-3d")
    event = one(door, events)
    assert (event.name, event.subject, event.evidence) == ("form_submitted", "guide-3d", "human")
    assert one(door, wakes).seq == 1


def test_the_exact_sentence_beside_the_box_is_the_proof(door, browser):
    browser.send("/en/p/guide-3d", GUIDE)
    row = one(door, consents)
    assert (row.topic, row.state, row.locale, row.form) == ("conseils-3d", "asked", "en", "guide-3d")
    shown = browser.open("/en/p/guide-3d").text
    assert row.wording.startswith("I agree to receive")
    assert row.wording.replace("'", "&#39;") in shown or row.wording in shown


def test_without_the_box_nothing_is_asked(door, browser):
    answers = {name: value for name, value in GUIDE.items() if name != "consent_conseils"}
    assert browser.send("/p/guide-3d", answers).status_code == 303
    assert count(door, consents) == 0


def test_where_subscribing_is_the_purpose_the_button_is_the_act(door, browser):
    browser.send("/p/lettre", {"email": "bob@example.com"})
    row = one(door, consents)
    assert (row.topic, row.state) == ("lettre", "asked")
    assert row.wording.startswith("En vous abonnant")


def test_a_double_click_and_a_retry_make_one_submission_and_the_same_thanks(door, browser, clocks):
    body = {**browser.hidden("/p/demo"), **DEMO}
    clocks.advance(timedelta(seconds=30))
    first, second = browser.post("/p/demo", body), browser.post("/p/demo", body)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(door, submissions) == count(door, leads) == 1


def test_going_back_and_correcting_an_answer_is_a_second_submission(door, browser, clocks):
    body = {**browser.hidden("/p/demo"), **DEMO, "email": "ada@trois-pignon.example"}
    clocks.advance(timedelta(seconds=30))
    browser.post("/p/demo", body)
    browser.post("/p/demo", {**body, "email": DEMO["email"]})
    assert count(door, submissions) == 2


def test_somebody_known_and_somebody_new_get_the_same_answer(door, browser):
    new = browser.send("/p/guide-3d", GUIDE)
    known = browser.send("/p/guide-3d", {**GUIDE, "first_name": "Chloe"})
    pages = [browser.open(answer.location).text for answer in (new, known)]
    assert new.status_code == known.status_code
    assert pages[0] == pages[1]


def test_what_is_wrong_is_said_beside_the_field_and_above_with_links(browser):
    wrong = {**GUIDE, "email": "chloe@atelier-marchand", "first_name": " ", "practice": ""}
    answer = browser.send("/p/guide-3d", wrong)
    page = answer.text
    assert answer.status_code == 422
    assert "<title>Erreur, trois champs à corriger : Montrer un projet" in page.replace("\u00a0", " ")
    assert "Il manque la fin de l’adresse, par exemple « .fr » : chloe@atelier-marchand.fr" in plain(page)
    for anchor, sentence in {
        "email": "E-mail professionnel : adresse incomplète",
        "first_name": "Prénom : à remplir",
        "practice-none": "Où en êtes-vous avec la 3D : une réponse à choisir",
    }.items():
        assert f'<a href="#{anchor}">{sentence}</a>' in plain(page)
        assert f'id="{anchor}"' in page
    assert 'aria-describedby="email-wrong"' in page


def test_values_and_ticks_are_kept_when_something_is_wrong(browser):
    page = browser.send("/p/guide-3d", {**GUIDE, "email": "chloe"}).text
    assert 'value="Chloé"' in page
    assert 'value="06 39 98 12 34"' in page
    assert re.search(r'value="slow" required checked', page)
    assert re.search(r'name="consent_conseils"[^>]* checked', page)


def test_an_error_page_is_not_for_search_engines_and_stays_correctable(door, browser, clocks):
    body = {**browser.hidden("/p/demo"), **DEMO, "email": "ada"}
    clocks.advance(timedelta(seconds=30))
    answer = browser.post("/p/demo", body)
    assert 'content="noindex"' in answer.text
    assert browser.post("/p/demo", {**body, "email": DEMO["email"]}).status_code == 303
    assert count(door, submissions) == 1


def test_a_session_that_is_gone_keeps_the_answers_and_says_so(door, browser, clocks):
    hidden = browser.hidden("/p/demo")
    clocks.advance(timedelta(hours=13))
    browser.client.delete_cookie("__Host-terreau", domain="lumen.example")
    answer = browser.post("/p/demo", {**hidden, **DEMO})
    assert answer.status_code == 422
    assert "La page est restée ouverte longtemps" in answer.text
    assert 'value="ada@trois-pignons.example"' in answer.text
    assert count(door, submissions) == 0
    again = browser.post("/p/demo", {**browser.hidden_of(answer), **DEMO})
    assert again.status_code == 303
    assert count(door, submissions) == 1


def test_a_token_that_expired_keeps_the_answers_and_says_so(browser):
    browser.app.config["WTF_CSRF_TIME_LIMIT"] = -1
    answer = browser.send("/p/demo", DEMO)
    assert answer.status_code == 422
    assert "La page est restée ouverte longtemps" in answer.text


def test_a_browser_that_keeps_no_cookie_is_asked_once_and_then_believed(door, browse):
    browser = browse(use_cookies=False)
    first = browser.send("/p/demo", DEMO)
    assert first.status_code == 422
    second = browser.post("/p/demo", {**browser.hidden_of(first), **DEMO})
    assert second.status_code == 303
    assert count(door, submissions) == 1


def test_a_stamp_of_another_page_or_of_nobody_is_asked_again(door, browser, clocks):
    other = browser.hidden("/p/guide-3d")
    clocks.advance(timedelta(seconds=30))
    for stamp in (other["_stamp"], "made-up", ""):
        answer = browser.post("/p/demo", {**browser.hidden("/p/demo"), **DEMO, "_stamp": stamp})
        assert answer.status_code == 422
        assert "restée ouverte" in answer.text
    assert count(door, submissions) == 0


@pytest.mark.parametrize(("seconds", "status"), [(1.9, 422), (2, 303)])
def test_a_form_sent_too_fast_comes_back_and_loses_nobody(door, browser, seconds, status):
    answer = browser.send("/p/demo", DEMO, after=seconds)
    assert answer.status_code == status
    if status == 422:
        assert "C’était très rapide" in answer.text
        browser.clocks.advance(timedelta(seconds=1))
        assert browser.post("/p/demo", {**browser.hidden_of(answer), **DEMO}).status_code == 303
    assert count(door, submissions) == 1


def test_whoever_fills_the_trap_is_thanked_and_not_recorded(door, browser, caplog):
    with caplog.at_level("INFO", "capture.pages"):
        trapped = browser.send("/p/demo", {**DEMO, "website": "https://spam.example"})
    honest = browser.send("/p/demo", DEMO)
    assert trapped.status_code == honest.status_code == 303
    assert browser.open(trapped.location).text == browser.open(honest.location).text
    assert count(door, submissions) == 1
    assert "the trap was filled in" in caplog.text
    assert "trois-pignons" not in caplog.text


def test_the_title_in_english_counts_in_english(browser):
    answer = browser.send("/en/p/demo", {**DEMO, "first_name": ""})
    assert "<title>Error, one field to correct: " in answer.text
    assert "Enter your first name." in answer.text


def test_when_the_database_is_away_nothing_is_thanked_for_and_the_answers_stay(door, browser, clocks):
    body = {**browser.hidden("/p/demo"), **DEMO}
    clocks.advance(timedelta(seconds=30))
    door.database.gone = True
    answer = browser.post("/p/demo", body)
    door.database.gone = False
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Nous n’avons pas pu enregistrer. Réessayez, ou écrivez à bonjour@atelier-lumen.example" in answer.text
    assert 'value="ada@trois-pignons.example"' in answer.text
    assert count(door, submissions) == 0
    clocks.advance(timedelta(seconds=10))
    assert browser.post("/p/demo", {**browser.hidden_of(answer), **DEMO}).status_code == 303


def test_a_page_shown_before_another_release_may_hold_a_question_that_is_gone(door, browser, clocks):
    """Whoever was typing when a release was applied is not refused."""
    stamped = browser.hidden("/p/demo")
    stale = {**stamped, "_stamp": restamped(door, stamped["_stamp"], release_id=99)}
    clocks.advance(timedelta(seconds=30))
    assert browser.post("/p/demo", {**stale, **DEMO, "old_question": "x"}).status_code == 303


def test_where_visitors_come_from_is_kept_with_the_submission(door, browser, clocks):
    address = "/p/demo?utm_source=lettre&utm_medium=email&gclid=abc&utm_term="
    hidden = browser.hidden(address, headers={"Referer": "https://search.example/find?q=private"})
    clocks.advance(timedelta(seconds=30))
    browser.post("/p/demo", {**hidden, **DEMO})
    touch = one(door, submissions).touch
    assert touch["utm_source"] == "lettre"
    assert touch["ad_click"] == "gclid"
    assert "abc" not in touch.values()
    assert touch["referrer"] == "https://search.example/find"
    assert touch["page"] == "demo"
    assert "utm_term" not in touch
    assert one(door, leads).first_touch == touch


def test_an_own_page_is_no_referrer_and_a_visitor_cannot_forge_the_touch(door, browser, clocks):
    hidden = browser.hidden("/p/demo", headers={"Referer": f"{browser.base_url}/p/guide-3d"})
    clocks.advance(timedelta(seconds=30))
    browser.post("/p/demo?utm_source=forged", {**hidden, **DEMO})
    assert set(one(door, submissions).touch) == {"page", "at"}


def test_the_shortest_time_can_be_set(browse):
    browser = browse(server={"form_min_seconds": 0})
    assert browser.send("/p/demo", DEMO, after=0).status_code == 303


def plain(page):
    return page.replace("\u00a0", " ").replace("\u202f", " ")


def restamped(door, sealed, **changes):
    payload = door.signer.open("stamp", sealed, timedelta(days=1))
    return door.signer.sign("stamp", {**payload, **changes})

"""Confirming, leaving, choosing: a GET changes nothing, a button acts once, leaving always works."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from capture.confirm import PURPOSE
from leads import consent, consenting, retention
from leads.answering import ConsentAnswer
from leads.identity import Capture, record
from storage.schema import consents, events, suppressions, used_tokens

ADDRESS = "chloe@atelier-marchand.fr"
ASKED = ConsentAnswer("conseils-3d", "J’accepte de recevoir les conseils 3D.", True)


class Reader:
    """Chloé, who asked for the guide and ticked the box; and every link that her mails hold."""

    def __init__(self, door, locale="fr", email=ADDRESS):
        self.door = door
        site = door.site()
        moment = door.clocks.moment()
        capture = Capture(
            "guide-3d", "guide-3d", locale, {}, {"email": email}, {}, (ASKED,), {}, f"key of {email}", site.release_id
        )

        def job(conn):
            recorded = record(conn, capture, moment)
            tokens = [consenting.preference_token(conn, recorded.lead_id, topic) for topic in ("", "conseils-3d")]
            return recorded, *tokens

        self.recorded, self.everything, self.topic = door.database.write(job)
        self.lead_id = self.recorded.lead_id

    def confirm_path(self, topics=("conseils-3d",)):
        payload = {"lead": self.lead_id, "topics": list(topics), "submission": self.recorded.submission_id}
        return "/confirm/" + self.door.signer.sign(PURPOSE, payload)

    def asks(self, topic, wording):
        """Ticks that box too, of a form with the topic's name."""
        answer, now = ConsentAnswer(topic, wording, True), self.door.clocks.moment()
        self.door.database.write(
            lambda conn: consenting.ask(conn, self.lead_id, [answer], form=topic, locale="fr", proof={}, now=now)
        )

    def granted(self):
        with self.door.database.read() as conn:
            return set(consent.granted(conn, [self.lead_id])[self.lead_id])

    def rows(self, table):
        with self.door.database.read() as conn:
            return conn.execute(select(table).order_by(*table.primary_key.columns)).all()

    def ledger(self):
        return [(row.topic, row.state) for row in self.rows(consents)]

    def told(self):
        return [(row.name, row.subject) for row in self.rows(events)]

    def suppressed(self):
        return [(row.scope, row.reason) for row in self.rows(suppressions)]


@pytest.fixture
def chloe(door):
    return Reader(door)


def everything(who):
    return [who.rows(table) for table in (consents, events, suppressions, used_tokens)]


# ---------------------------------------------------------------- confirm


def test_opening_any_link_changes_nothing(browser, chloe):
    before = everything(chloe)
    for path in (
        chloe.confirm_path(),
        f"/u/{chloe.topic}",
        f"/u/{chloe.everything}",
        f"/preferences/{chloe.everything}",
    ):
        for _ in range(2):
            assert browser.open(path).status_code == 200
            assert browser.client.head(path, base_url=browser.base_url).status_code == 200
    assert everything(chloe) == before


def test_the_confirmation_page_has_one_button_and_the_measure_apart(browser, chloe):
    page = browser.open(chloe.confirm_path()).text
    assert page.count("<button") == 1
    assert "J’accepte qu’Atelier Lumen note les liens sur lesquels je clique" in page
    assert 'name="clicks" type="checkbox" value="yes"' in page
    assert " checked" not in page
    assert ADDRESS in page
    assert "Quatre messages en trois semaines" in page


def test_the_button_grants_what_was_asked_for_and_not_the_measure(browser, chloe):
    path = chloe.confirm_path()
    answer = browser.post(path)
    assert answer.status_code == 303
    assert "C’est confirmé" in browser.open(answer.location).text
    assert chloe.granted() == {"conseils-3d"}
    row = chloe.rows(consents)[-1]
    assert (row.wording, row.form) == (ASKED.wording, "guide-3d")
    assert row.proof["submission_id"] == chloe.recorded.submission_id
    assert ("consent_granted", "conseils-3d") in chloe.told()


def test_the_box_grants_the_measure_in_its_exact_wording(browser, chloe):
    browser.post(chloe.confirm_path(), {"clicks": "yes"})
    assert chloe.granted() == {"conseils-3d", "clicks"}
    row = chloe.rows(consents)[-1]
    assert row.topic == "clicks"
    assert row.wording.startswith("J’accepte qu’Atelier Lumen note les liens")


def test_a_clicks_box_of_a_form_is_granted_by_the_button_in_the_forms_wording(browser, door, chloe):
    box = ConsentAnswer("clicks", "J’accepte que mes clics soient notés.", True)
    capture = Capture("demo", "demo", "fr", {}, {"email": ADDRESS}, {}, (box,), {}, "key of the box", 1)
    door.database.write(lambda conn: record(conn, capture, door.clocks.moment()))
    path = chloe.confirm_path(["clicks"])
    page = browser.open(path)
    assert page.status_code == 200
    assert "Les liens sur lesquels je clique" in page.text
    assert 'name="clicks"' not in page.text
    browser.post(path)
    assert chloe.granted() == {"clicks"}
    row = chloe.rows(consents)[-1]
    assert (row.topic, row.wording, row.form) == ("clicks", box.wording, "demo")


def test_opens_and_topics_are_confirmed_together(browser, chloe):
    browser.post(chloe.confirm_path(["conseils-3d", "opens"]), {"clicks": "yes"})
    assert chloe.granted() == {"conseils-3d", "opens", "clicks"}


def test_what_else_was_asked_for_stands_beside_as_boxes_that_nobody_ticked_in_the_words_of_its_form(browser, chloe):
    chloe.asks("lettre", "Je m’abonne.")
    page = browser.open(chloe.confirm_path()).text
    assert page.count("<button") == 1
    assert '<input name="also" type="checkbox" value="lettre"> <span>Je m’abonne.</span>' in page
    browser.post(chloe.confirm_path(), {"clicks": "yes"})
    assert chloe.granted() == {"conseils-3d", "clicks"}


def test_the_button_grants_what_else_is_ticked_in_the_words_of_its_form(browser, chloe):
    chloe.asks("lettre", "Je m’abonne.")
    browser.post(chloe.confirm_path(), {"also": "lettre"})
    assert chloe.granted() == {"conseils-3d", "lettre"}
    last = chloe.rows(consents)[-1]
    assert (last.topic, last.state, last.wording, last.form) == ("lettre", "granted", "Je m’abonne.", "lettre")
    assert last.proof["page"] == PURPOSE
    assert last.proof["token_hash"]


def test_a_box_beside_that_was_never_asked_for_or_was_left_meanwhile_is_not_believed(browser, door, chloe):
    chloe.asks("lettre", "Je m’abonne.")
    path = chloe.confirm_path()
    proof = {"locale": "fr", "proof": {}, "now": door.clocks.moment()}
    door.database.write(lambda conn: consenting.withdraw(conn, chloe.lead_id, ["lettre"], **proof))
    browser.post(path, {"also": "lettre"})
    other = chloe.confirm_path(["opens"])
    browser.post(other, {"also": "made-up"})
    assert chloe.granted() == {"conseils-3d", "opens"}


def test_a_second_time_says_that_it_is_done_and_does_nothing(browser, chloe):
    path = chloe.confirm_path()
    browser.post(path)
    told = chloe.told()
    assert "Vous avez déjà confirmé" in browser.open(path).text
    assert browser.post(path).status_code == 303
    assert chloe.told() == told


def test_a_used_link_does_not_bring_back_who_left_meanwhile(browser, chloe):
    path = chloe.confirm_path()
    browser.post(path)
    browser.post(f"/u/{chloe.topic}")
    browser.post(path)
    assert chloe.granted() == set()


def test_two_links_of_one_lead_confirm_once(browser, chloe, clocks):
    first = chloe.confirm_path()
    clocks.advance(timedelta(hours=1))
    second = chloe.confirm_path()
    browser.post(first)
    assert "Vous avez déjà confirmé" in browser.open(second).text
    browser.post(second)
    assert chloe.ledger() == [("conseils-3d", "asked"), ("conseils-3d", "granted")]


def test_a_link_too_old_says_how_to_get_another(browser, chloe, clocks):
    path = chloe.confirm_path()
    clocks.advance(timedelta(days=7))
    assert browser.open(path).status_code == 200
    clocks.advance(timedelta(seconds=1))
    answer = browser.open(path)
    assert answer.status_code == 410
    assert "Remplissez à nouveau le formulaire" in answer.text
    assert browser.post(path).status_code == 410
    assert chloe.granted() == set()


def test_a_link_that_was_altered_or_made_for_another_purpose_confirms_nothing(browser, chloe, door):
    path = chloe.confirm_path()
    other = door.signer.sign("magnet", {"lead": chloe.lead_id, "topics": ["conseils-3d"], "submission": 1})
    for bad in (path[:-1] + "x", path[:-9], "/confirm/" + other, "/confirm/..%2f..%2fetc"):
        assert browser.open(bad).status_code == 404
        assert browser.post(bad).status_code == 404
    assert chloe.granted() == set()


def test_where_clicks_are_never_measured_nobody_is_asked(browse, chloe):
    page = browse(tracking={"clicks": "never"}).open(chloe.confirm_path()).text
    assert "checkbox" not in page


def test_the_pages_speak_the_leads_language_whatever_the_browser_prefers(door, browser):
    bob = Reader(door, "en", "bob@example.com")
    for path in (bob.confirm_path(), f"/u/{bob.topic}", f"/preferences/{bob.everything}"):
        page = browser.open(path, headers={"Accept-Language": "fr"}).text
        assert '<html lang="en">' in page
    browser.post(bob.confirm_path())
    assert "You confirmed this already" in browser.open(bob.confirm_path()).text


# ---------------------------------------------------------------- leave


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_leaves_without_cookie_token_or_redirect(browse, browser, chloe, kind):
    browser.post(chloe.confirm_path())
    mail_program = browse(use_cookies=False)
    for _ in range(2):
        answer = mail_program.post(f"/u/{chloe.topic}", {"List-Unsubscribe": "One-Click"}, content_type=kind)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert chloe.granted() == set()
    assert chloe.told()[-2:] == [("consent_withdrawn", "conseils-3d"), ("unsubscribed", "conseils-3d")]


def test_the_button_leaves_one_topic_and_the_page_says_so(browser, chloe):
    browser.post(chloe.confirm_path())
    page = browser.open(f"/u/{chloe.topic}").text
    assert "Me désinscrire de « Conseils 3D »" in page.replace("\u00a0", " ").replace("\u202f", " ")
    answer = browser.post(f"/u/{chloe.topic}", {"scope": "topic"})
    assert answer.status_code == 303
    assert "C’est fait" in browser.open(answer.location).text
    assert chloe.granted() == set()
    assert chloe.suppressed() == []


@pytest.mark.parametrize("link", ["topic", "everything"])
def test_leaving_everything_also_keeps_the_address_off_every_list(browser, chloe, link):
    browser.post(chloe.confirm_path(), {"clicks": "yes"})
    token = getattr(chloe, link)
    for _ in range(2):
        assert browser.post(f"/u/{token}", {"scope": "all"}).status_code == 303
    assert chloe.granted() == set()
    assert chloe.suppressed() == [("marketing", "unsubscribed")]
    assert chloe.told().count(("unsubscribed", "all")) == 1
    assert "Plus rien ne partira" in browser.open(f"/u/{token}").text


def test_leaving_before_confirming_is_possible(browser, chloe):
    browser.post(f"/u/{chloe.topic}", {"List-Unsubscribe": "One-Click"})
    assert chloe.ledger()[-1] == ("conseils-3d", "withdrawn")


def test_an_unknown_link_leaves_nobody(browser, chloe):
    for method in (browser.open, browser.post):
        assert method("/u/nothing").status_code == 404
        assert method("/preferences/nothing").status_code == 404
    assert chloe.ledger() == [("conseils-3d", "asked")]


def test_when_the_database_is_away_leaving_is_asked_to_come_back(browser, chloe, door):
    door.database.gone = True
    answer = browser.post(f"/u/{chloe.topic}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


# ---------------------------------------------------------------- choose


def test_what_is_ticked_is_granted_in_the_words_of_the_page_and_the_rest_withdrawn(browse, chloe):
    browser = browse(tracking={"opens": "consent"})
    path = f"/preferences/{chloe.everything}"
    browser.post(chloe.confirm_path())
    answer = browser.post(path, {"act": "save", "topic": ["lettre"], "measure": ["clicks", "opens"]})
    assert answer.status_code == 303
    page = browser.open(answer.location).text
    assert "C’est enregistré" in page
    assert chloe.granted() == {"lettre", "clicks", "opens"}
    wordings = {row.topic: row.wording for row in chloe.rows(consents) if row.state == "granted"}
    assert wordings["lettre"].startswith("La lettre du mardi. Un mardi par mois")
    assert "Accepté le 2 novembre 2026" in page
    assert page.count(" checked") == 3


def test_a_choice_that_is_not_offered_is_ignored(browser, chloe):
    browser.post(f"/preferences/{chloe.everything}", {"act": "save", "topic": ["nothing", "clicks"]})
    assert "nothing" not in chloe.granted()


def test_stopping_everything_and_coming_back(browser, chloe):
    """Whoever left and chooses again is written to again: the old farewell does not stand in the way."""
    path = f"/preferences/{chloe.everything}"
    browser.post(chloe.confirm_path())
    browser.post(path, {"act": "stop"})
    assert chloe.suppressed() == [("marketing", "unsubscribed")]
    assert chloe.granted() == set()
    browser.post(path, {"act": "save", "topic": "conseils-3d"})
    assert chloe.suppressed() == []
    assert chloe.granted() == {"conseils-3d"}


def test_whoever_is_asked_after_a_long_silence_saves_and_it_goes_on(browser, chloe, clocks):
    browser.post(chloe.confirm_path(), {})
    path, button = f"/preferences/{chloe.everything}", {"act": "save", "topic": "conseils-3d"}
    assert "plus de nouvelles de vous" not in browser.open(path).text
    clocks.advance(timedelta(days=500))
    chloe.door.database.write(lambda conn: retention.ask(conn, [chloe.lead_id], clocks.moment()))
    assert "plus de nouvelles de vous" in browser.open(path).text
    assert chloe.told()[-1] == ("silence_noticed", None)  # opening the page is no answer
    for _ in range(3):
        assert browser.post(path, button).status_code == 303
    assert [name for name, _ in chloe.told()].count("consent_affirmed") == 1
    assert "plus de nouvelles de vous" not in browser.open(path).text
    assert chloe.granted() == {"conseils-3d"}


@pytest.mark.parametrize(("reason", "left"), [("sunset", []), ("unsubscribed", ["unsubscribed"]), ("staff", ["staff"])])
def test_saving_after_marketing_has_ended_brings_it_back_and_undoes_nothing_else(
    browser, chloe, clocks, keys, reason, left
):
    browser.post(chloe.confirm_path(), {})
    path = f"/preferences/{chloe.everything}"
    clocks.advance(timedelta(days=500))
    write, now = chloe.door.database.write, clocks.moment()
    write(lambda conn: retention.ask(conn, [chloe.lead_id], now))
    if reason == "sunset":
        assert write(lambda conn: retention.rest(conn, [chloe.lead_id], keys.suppression, now)) == 1
    else:
        ours = consent.address_hash(keys.suppression, ADDRESS)
        write(lambda conn: consenting.suppress(conn, ours, "marketing", reason, now.machine))
    assert "plus de nouvelles de vous" not in browser.open(path).text  # it has ended already
    for _ in range(2):
        browser.post(path, {"act": "save", "topic": "conseils-3d"})
    assert [one for _, one in chloe.suppressed()] == left
    assert chloe.granted() == {"conseils-3d"}


def test_saving_nothing_but_a_no_leaves_the_address_alone(browser, chloe, clocks, keys):
    browser.post(chloe.confirm_path(), {})
    chloe.door.database.write(lambda conn: retention.rest(conn, [chloe.lead_id], keys.suppression, clocks.moment()))
    browser.post(f"/preferences/{chloe.everything}", {"act": "save"})
    assert chloe.suppressed() == [("marketing", "sunset")]


def test_leads_pages_are_kept_nowhere_and_send_no_referrer(browser, chloe):
    for path in (chloe.confirm_path(), f"/u/{chloe.topic}", f"/preferences/{chloe.everything}"):
        headers = browser.open(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"
        assert "Set-Cookie" not in headers

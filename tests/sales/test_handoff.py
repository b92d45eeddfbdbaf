"""The hand-off: the right rep, told once per cycle, with a brief that adds up."""

import ast
import json
import re
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from authoring.models.hand_off import Rep
from authoring.site import Site
from base.clock import Moment
from base.paths import data_path
from base.translations import read_catalogues
from leads import events, outside
from leads.addresses import shown_phone
from leads.facts import Facts, Standing
from leads.fold import fold
from leads.identity import load_leads
from sales import again, alert, brief, known, moving, notebook, wording
from sales.chat import chat_body
from sales.handoff import find, open_hand_off, promised
from sales.notebook import Author
from sales.notifier import Notifier
from sales.wording import whole_points
from storage.schema import hand_offs, leads, messages, notifications, submissions, webhooks

ZONE = "Europe/Paris"
BASE = "https://lumen.example"
TEMPLATE = data_path("templates", "notifications", "alert.html")


@dataclass(frozen=True)
class Call:
    """As the engine makes it."""

    facts: Facts
    stage: str
    cycle: int
    event_seq: int
    reason: str
    site: Site
    now: Moment
    again: bool = False


@pytest.fixture
def house_site(site, release_id) -> Site:
    """The example content, stored, with three reps of whom one speaks English, who go round at any hour, and one
    webhook channel."""
    reps = [
        Rep(id="ada", name="Ada", email="ada@lumen.example", locale="fr"),
        Rep(id="karim", name="Karim", email="karim@lumen.example", locale="fr"),
        Rep(id="bob", name="Bob", email="bob@lumen.example", locale="en"),
    ]
    plain = {"routes": [], "hours": None, "fallback": None}
    chosen = site.definitions.hand_off.model_copy(update={"channels": ["crm"], "reps": reps, **plain})
    return replace(site, release_id=release_id, definitions=site.definitions.model_copy(update={"hand_off": chosen}))


@pytest.fixture
def chloe(database, make_lead, clocks, house_site):
    """Chloé's story up to the day she is hot; gives the call that the engine would make."""
    lead_id = make_lead(
        email="chloe@atelier-marchand.example", first_name="Chloé", last_name="Marchand", phone="+33639981234",
        company="Atelier Marchand", job_title="Architecte d'intérieur",
        fields={"practice": "slow", "profession": "interior"},
    )  # fmt: skip
    acts: list[tuple[str, str | None, str, dict[str, Any]]] = [
        ("form_submitted", "guide-3d", "human", {"interests": ["cao/3d"], "hand_raise": False}),
        ("consent_granted", "conseils-3d", "human", {}),
        ("asset_downloaded", "guide-3d", "human", {"interests": ["cao/3d"]}),
        ("link_clicked", "conseils-3d/niveaux", "pending", {}),
        ("mail.sent", "conseils-3d/niveaux", "engine", {}),
        ("webinar_attended", "lumiere-3d", "human", {"interests": ["cao/3d"]}),
        ("page_seen", "demo", "human", {"interests": ["cao/3d"]}),
        ("page_seen", "niveaux", "human", {}),
        ("hit_confirmed", "conseils-3d/niveaux", "human", {"of": "link_clicked", "interests": ["cao/3d"]}),
    ]
    for name, subject, evidence, data in acts:
        clocks.advance(timedelta(hours=20))
        database.write(
            lambda conn, n=name, s=subject, e=evidence, d=data: events.append(
                conn, lead_id, n, clocks.moment(), evidence=e, subject=s, data=d
            )
        )
    answers = {"email": "chloe@atelier-marchand.example", "practice": "slow", "consent_conseils": True}
    row = insert(submissions).values(
        lead_id=lead_id, event_seq=1, form="guide-3d", page="guide-3d", locale="fr", answers=answers, touch={},
        release_id=house_site.release_id, idempotency_key="k", at=clocks.calendar(), recorded_at=clocks.machine(),
    )  # fmt: skip
    database.write(lambda conn: conn.execute(row) and None)
    return call_for(database, lead_id, house_site, clocks)


def call_for(database, lead_id, site, clocks, **changes) -> Call:
    with database.read() as conn:
        lead = load_leads(conn, [lead_id])[lead_id]
        happened = tuple(events.all_of(conn, lead_id))
    facts = Facts(lead, Standing.fresh(site, clocks.calendar()), frozenset({"conseils-3d"}), happened, ZONE)
    folded = fold(facts, happened, site, clocks.calendar())
    last = folded.moves[-1]
    facts = replace(facts, standing=folded.standing)
    call = Call(facts, last.to, last.cycle, last.event_seq or 0, last.reason, site, clocks.moment())
    return replace(call, **changes)


@pytest.mark.parametrize(
    ("value", "note", "told"),
    [("yes", "3 to 5 k", "yes, 3 to 5 k"), ("no", None, "no"), ("partial", None, "partly"), ("unknown", "ask", None)],
)
def test_what_staff_noted_of_bant_before_the_hand_off_stands_in_the_brief(database, chloe, moment, value, note, told):
    lead_id, author = chloe.facts.lead.id, Author("Bob", "bob")
    database.write(lambda conn: notebook.note_bant(conn, lead_id, "budget", value, note, author, moment))
    open_it(database, replace(chloe, event_seq=chloe.event_seq))
    with database.read() as conn:
        budget = conn.execute(select(hand_offs.c.brief)).scalar_one()["bant"][0]
    says = {"yes, 3 to 5 k": "oui, 3 to 5 k", "no": "non", "partly": "en partie"}
    assert budget["answer"] in (told, says.get(told))


def open_it(database, call):
    database.write(lambda conn: open_hand_off(conn, call, base_url=BASE, zone=ZONE))


def rows(database, table):
    with database.read() as conn:
        return list(conn.execute(select(table).order_by(*table.primary_key.columns)))


def number(shown: str) -> int:
    return int(shown.replace("−", "-"))


def test_sales_is_told_once_per_lead_and_cycle_by_each_channel(database, chloe):
    assert chloe.stage == "mql"
    open_it(database, chloe)
    open_it(database, chloe)
    assert len(rows(database, hand_offs)) == 1
    message, webhook = rows(database, messages)[0], rows(database, webhooks)[0]
    assert (len(rows(database, messages)), len(rows(database, webhooks))) == (1, 1)
    told = {(row.channel, row.message_id, row.webhook_id) for row in rows(database, notifications)}
    assert told == {(f"mail:{rows(database, hand_offs)[0].owner}", message.id, None), ("webhook:crm", None, webhook.id)}
    assert (message.klass, message.email, message.state, message.due_at) == (
        "notification", "alert", "due", chloe.now.machine,
    )  # fmt: skip
    open_it(database, replace(chloe, cycle=2))
    assert (len(rows(database, hand_offs)), len(rows(database, messages)), len(rows(database, webhooks))) == (2, 2, 2)


def test_the_alert_has_every_variable_of_its_template_and_its_buttons_lead_to_the_verdict(database, chloe):
    open_it(database, chloe)
    context, hand_off = rows(database, messages)[0].context, rows(database, hand_offs)[0]
    wanted = set(re.findall(r"\{\{ (\w+)", TEMPLATE.read_text())) - {"line", "action"}
    assert wanted <= set(context)
    verdict = f"{BASE}/v/{hand_off.token}"
    assert (context["accept_url"], context["reject_url"], context["lead_url"]) == (
        f"{verdict}?choice=accept", f"{verdict}?choice=reject", verdict,
    )  # fmt: skip
    assert context["lead"] == {
        "name": "Chloé Marchand",
        "who": "Architecte d'intérieur, Atelier Marchand",
        "tel": "+33639981234",
        "phone": "06 39 98 12 34",
        "email": "chloe@atelier-marchand.example",
    }
    assert {"why_now", "suggestion", "accept", "reject", "score", "total", "actions", "unknown", "open"} <= set(
        context["words"]
    )


def test_the_lines_of_the_brief_add_up_and_reach_the_threshold(database, chloe):
    open_it(database, chloe)
    told = rows(database, hand_offs)[0].brief
    assert sum(number(line["points"]) for line in told["score"]) == int(told["total"])
    assert int(told["total"]) == chloe.facts.standing.engagement // 1000
    assert int(told["total"]) >= told["threshold"] == 80
    assert sum(number(line["points"]) for line in told["fit"]["lines"]) == int(told["fit"]["points"]) == 40


def test_the_brief_is_told_in_the_reps_own_language(database, chloe):
    reps = {rep.locale: rep.id for rep in chloe.site.definitions.hand_off.reps}
    stories = {}
    for cycle, (locale, rep) in enumerate(sorted(reps.items()), start=1):
        owned = replace(chloe.facts, lead=replace(chloe.facts.lead, owner=rep))
        open_it(database, replace(chloe, facts=owned, cycle=cycle))
        stories[locale] = rows(database, hand_offs)[-1].brief
    french, english = stories["fr"], stories["en"]
    assert french["why_now"].startswith("Chloé vient d’atteindre 1")
    assert "(seuil\u00a0: 80). Dernière action\u00a0: Lien suivi dans «\u202fOù s’arrêter" in french["why_now"]
    assert re.match(r"Chloé has just reached \d+ points \(threshold: 80\)\. Latest: Followed", english["why_now"])
    assert french["suggestion"].startswith("Proposer une démonstration CAO")
    assert english["bant"] == [
        {"what": "Budget", "answer": None},
        {"what": "Decision maker", "answer": None},
        {"what": "Need", "answer": "I model, but it takes too long"},
        {"what": "Timeline", "answer": None},
    ]
    assert french["answers"] == [
        {"question": "Où en êtes-vous avec la 3D\u202f?", "answer": "Je modélise, mais j’y passe trop de temps"}
    ]
    assert french["interests"][0]["what"] == "CAO et maquette 3D"
    assert english["consents"] == {
        "granted": ["3D advice"],
        "informed": [],
        "not_granted": ["The Tuesday letter", "The links I click", "Whether I open messages"],
    }
    assert english["stage"]["version"] == "2026-10-01"
    assert json.loads(json.dumps(french)) == french


def test_the_last_actions_are_the_six_newest_that_surely_happened(database, chloe):
    open_it(database, chloe)
    actions = rows(database, hand_offs)[0].brief["actions"]
    assert actions[0]["what"].startswith("Lien suivi"), "a confirmed hit is told as the click"
    assert [action["what"].split(" ")[0] for action in actions[3:]] == ["Webinaire", "Guide", "Inscription"]
    assert len(actions) == 6
    now = chloe.now.calendar
    assert actions[0]["when"] == f"auj. {now.hour + 1}\u00a0h\u00a0{now.minute:02d}"
    assert actions[1]["when"].startswith(("auj. ", "hier "))
    assert re.match(r"\d", actions[-1]["when"])


def test_what_was_done_twice_in_a_minute_is_told_once_and_a_page_by_its_title(database, chloe, clocks):
    lead_id = chloe.facts.lead.id
    acts = [("asset_downloaded", "guide-3d"), ("asset_downloaded", "guide-3d"), ("page_seen", "trois-niveaux")]
    for name, subject in acts:
        clocks.advance(timedelta(seconds=3))
        database.write(
            lambda conn, n=name, s=subject: events.append(
                conn, lead_id, n, clocks.moment(), evidence="human", subject=s
            )
        )
    open_it(database, replace(chloe, now=clocks.moment()))
    told = [action["what"] for action in rows(database, hand_offs)[0].brief["actions"]]
    title = wording.Voice(chloe.site, "fr", ZONE).text(chloe.site.pages["trois-niveaux"].title)
    assert title in told[0]
    assert told[1].startswith("Guide")
    assert told[1] != told[2]


def test_a_raised_hand_says_so(database, chloe):
    raised = replace(chloe, reason="hand_raise: demo", event_seq=1)
    open_it(database, raised)
    message = rows(database, messages)[0]
    assert message.context["subject"].startswith("Demande de contact\u00a0: Chloé Marchand, Architecte")
    assert "«\u202fMontrer un projet en 3D\u202f» demandé" in message.context["why_now"]


def raises_her_hand(database, lead_id, seq, site, clocks, **answers):
    row = insert(submissions).values(
        lead_id=lead_id, event_seq=seq, form="demo", page="demo", locale="fr", answers=answers, touch={},
        release_id=site.release_id, idempotency_key=f"hand-{seq}", at=clocks.calendar(), recorded_at=clocks.machine(),
    )  # fmt: skip
    database.write(lambda conn: conn.execute(row) and None)


def test_a_hand_raised_where_sales_has_the_lead_is_told_to_the_owner_once_for_each(database, chloe, clocks):
    open_it(database, chloe)
    [hand_off] = rows(database, hand_offs)
    owned = replace(chloe.facts, lead=replace(chloe.facts.lead, owner=hand_off.owner))
    again = replace(chloe, facts=owned, stage="sql", reason="hand_raise: demo", again=True)
    for seq, need in ((40, "A kitchen"), (41, "A hall")):
        raises_her_hand(
            database, owned.lead.id, seq, chloe.site, clocks, first_name="Chloé", phone="06 39 98 99 99", need=need
        )
        open_it(database, replace(again, event_seq=seq))
        open_it(database, replace(again, event_seq=seq))
    assert (len(rows(database, hand_offs)), len(rows(database, webhooks))) == (1, 1)
    alert_mail, first, second = rows(database, messages)
    assert (first.klass, first.email, first.recipient, first.state) == (
        "notification", "notify", alert_mail.recipient, "due",
    )  # fmt: skip
    assert first.context["lead_url"] == f"{BASE}/v/{hand_off.token}"
    said = first.context["text"].split("\n\n")
    assert "06 39 98 12 34" in said[1], "the number that is known"
    assert [line for line in said if line.endswith("06 39 98 99 99")], "the number of this form"
    assert [line for line in said if line.endswith("A kitchen")]
    assert not [line for line in said if "A hall" in line or "Prénom" in line]
    assert second.context["text"].endswith("A hall")


def test_a_hand_raised_by_a_lead_without_hand_off_is_told_with_a_link_to_the_lead(database, chloe):
    open_it(database, replace(chloe, stage="customer", reason="hand_raise: demo", again=True))
    assert rows(database, hand_offs) == []
    [told] = rows(database, messages)
    assert told.context["lead_url"] == f"{BASE}/console/leads/{chloe.facts.lead.id}"


def test_an_answer_to_a_mail_is_told_to_the_owner_once_in_their_own_words(database, chloe, clocks):
    lead = replace(chloe.facts.lead, owner="karim")
    data = {"text": "Yes, call me.\n\nChloé", "author": "chloe@home.example"}
    seq = database.write(
        lambda conn: events.append(
            conn, lead.id, "mail.replied", clocks.moment(), evidence="human", subject="conseils-3d/niveaux", data=data
        )
    )
    facts = replace(chloe.facts, lead=lead)
    call = replace(chloe, facts=facts, event_seq=seq, reason="reply: conseils-3d/niveaux", again=True)
    open_it(database, call)
    open_it(database, call)
    assert rows(database, hand_offs) == []
    [told] = rows(database, messages)
    assert (told.klass, told.email, told.recipient) == ("notification", "notify", "karim@lumen.example")
    assert told.context["subject"].startswith("Chloé Marchand")
    assert told.context["text"].split("\n\n")[-2:] == ["Yes, call me.", "Chloé"]
    assert "chloe@home.example" in told.context["text"]
    assert told.context["lead_url"] == f"{BASE}/console/leads/{lead.id}"


def test_the_brief_shows_what_a_form_said_otherwise_than_what_is_known(database, chloe, clocks):
    raises_her_hand(database, chloe.facts.lead.id, 40, chloe.site, clocks, phone="06 39 98 99 99", company="Evil")
    open_it(database, chloe)
    told = rows(database, hand_offs)[0].brief
    assert told["phone_shown"] == "06 39 98 12 34"
    assert {answer["answer"] for answer in told["answers"]} >= {"06 39 98 99 99", "Evil"}


def owned(call, owner):
    return replace(call, facts=replace(call.facts, lead=replace(call.facts.lead, owner=owner)))


def test_leads_go_round_the_reps_and_stay_with_the_one_they_have(database, chloe):
    ids = [rep.id for rep in chloe.site.definitions.hand_off.reps]
    for cycle in range(1, 7):
        open_it(database, replace(chloe, cycle=cycle))
        open_it(database, replace(chloe, cycle=cycle))
    assert [row.owner for row in rows(database, hand_offs)] == [*ids, *ids], "nobody's turn is taken twice"
    assert rows(database, leads)[0].owner == ids[-1]
    open_it(database, owned(replace(chloe, cycle=7), "karim"))
    open_it(database, owned(replace(chloe, cycle=8), "somebody who left"))
    assert [row.owner for row in rows(database, hand_offs)][6:] == ["karim", ids[0]]


def test_the_brief_the_mail_and_the_webhook_say_why_it_is_whose(database, chloe):
    open_it(database, owned(chloe, "karim"))
    [hand_off] = rows(database, hand_offs)
    assert hand_off.routed["by"] == "owner"
    assert hand_off.brief["owner_why"] == "Karim, car ce lead était déjà le sien."
    assert rows(database, messages)[0].context["owner_why"] == hand_off.brief["owner_why"]
    data = rows(database, webhooks)[0].payload["data"]
    assert data["owner_why"] == hand_off.brief["owner_why"]
    assert data["lead_url"] == f"{BASE}/console/leads/{chloe.facts.lead.id}"


@pytest.mark.parametrize(("rep", "owner"), [("bob", "bob"), ("somebody who left", "karim"), (None, "karim")])
def test_a_raised_hand_goes_to_the_rep_whom_its_form_names(database, chloe, rep, owner):
    demo = chloe.site.forms["demo"].model_copy(update={"rep": rep})
    site = replace(chloe.site, forms={**chloe.site.forms, "demo": demo})
    facts, now = owned(chloe, "karim").facts, chloe.now.calendar
    with database.read() as conn:
        assert find(conn, facts, site, now, ZONE, "hand_raise: demo").reps[0].id == owner
        assert find(conn, facts, site, now, ZONE, "enter: engagement 90, fit 40").reps[0].id == "karim"


def test_the_example_promises_nadia_and_nadia_is_told(site):
    assert promised(site, "hand_raise: demo") == ("demo", "nadia")
    assert "Nadia" in site.forms["demo"].intro["fr"]


@pytest.mark.parametrize("reason", ["enter: engagement 92, fit 40", "hand_raise: demo"])
@pytest.mark.parametrize("kept", ["email", "phone"])
def test_a_room_is_told_neither_the_address_nor_the_number_of_who_gave_no_name(database, chloe, kept, reason):
    known = {name: getattr(chloe.facts.lead, name) for name in ("email", "phone")}
    gone = dict.fromkeys({"first_name", "last_name", "email", "phone"} - {kept})
    facts = replace(chloe.facts, lead=replace(chloe.facts.lead, **gone))
    open_it(database, replace(chloe, facts=facts, reason=reason))
    payload = rows(database, webhooks)[0].payload
    told = json.dumps(chat_body(payload), ensure_ascii=False)
    assert payload["data"]["lead"]["name"] == known[kept], "the signed webhook goes to a receiver, and says who it is"
    assert known[kept].lstrip("+") not in told
    assert shown_phone(known["phone"]) not in told
    assert payload["data"]["why_now"].startswith("Lead n")


def test_the_webhook_says_what_the_mail_says(database, chloe):
    open_it(database, chloe)
    webhook, told = rows(database, webhooks)[0], rows(database, hand_offs)[0].brief
    assert webhook.event_id.startswith("msg_")
    assert (webhook.channel, webhook.type, webhook.payload["type"]) == ("crm", "lead.hot", "lead.hot")
    assert datetime.fromisoformat(webhook.payload["timestamp"]) == chloe.now.machine
    data = webhook.payload["data"]
    assert data["lead"]["email"] == "chloe@atelier-marchand.example"
    assert (data["engagement"], data["score"], data["stage"]) == (int(told["total"]), told["score"], "mql")
    assert data["verdict_url"] == told["verdict_url"]
    assert data["bant"] == told["bant"]  # what is not known yet too
    assert data["meaning"] == told["stage"]["meaning"]


def test_the_receiver_hears_what_the_crm_calls_them_and_no_advertiser(database, chloe, clocks, receiver, secret):
    lead_id = chloe.facts.lead.id
    called = {"hubspot": "51200034", "gclid": "Cj0KCQ"}
    database.write(lambda conn: outside.note(conn, {lead_id: called}, clocks.machine()))
    open_it(database, chloe)
    hook = SimpleNamespace(name="crm", kind="signed", url=receiver.url, secret=secret, allow_private=True)
    Notifier(database, SimpleNamespace(webhooks=[hook]), clocks, "ada:1").drain(threading.Event())
    [(_, body)] = receiver.calls
    assert json.loads(body)["data"]["lead"]["outside_ids"] == {"hubspot": ["51200034"]}
    assert json.loads(body)["data"]["lead"]["id"] == lead_id


def test_the_answer_is_awaited_as_long_as_the_definitions_say(database, chloe):
    open_it(database, chloe)
    hand_off = rows(database, hand_offs)[0]
    assert hand_off.answer_by == chloe.now.calendar + timedelta(hours=4)


def test_a_lead_of_whom_little_is_known_is_handed_over_too(database, make_lead, house_site, clocks):
    lead_id = make_lead(phone="+33639981234")
    hand = {"hand_raise": True}
    database.write(
        lambda conn: events.append(
            conn, lead_id, "form_submitted", clocks.moment(), evidence="human", subject="no such form", data=hand
        )
    )
    open_it(database, call_for(database, lead_id, house_site, clocks))
    context = rows(database, messages)[0].context
    assert context["lead"]["name"] == "+33639981234"
    assert context["lead"]["email"] is None
    assert "\n" not in context["subject"]


def test_names_of_several_lines_stay_on_one(database, chloe):
    lead = replace(chloe.facts.lead, first_name="Chloé\r\nBcc: bob@lumen.example")
    open_it(database, replace(chloe, facts=replace(chloe.facts, lead=lead)))
    assert "\n" not in rows(database, messages)[0].context["subject"]
    assert "\r" not in json.dumps(rows(database, hand_offs)[0].brief["why_now"])


@given(st.lists(st.integers(-200_000, 200_000), max_size=12))
def test_points_shown_whole_still_add_up(parts):
    total, shown = whole_points(sum(parts), parts)
    assert sum(shown) == total == sum(parts) // 1000
    assert all(abs(whole * 1000 - part) < 1000 for whole, part in zip(shown, parts, strict=True))


def test_every_sentence_for_a_rep_exists_in_french():
    catalogue = read_catalogues([data_path("translations", "fr", "sales.po")])
    said = set()
    for module in (again, alert, brief, known, moving, wording):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
            name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
            if (
                isinstance(node, ast.Call)
                and name in ("told", "msgid", "gettext")
                and isinstance(node.args[0], ast.Constant)
            ):
                said.add(node.args[0].value)
    assert len(said) > 30
    untold = {text for text in said if catalogue.ugettext(text) == text} - {"Suggestion:", "Engagement"}
    assert untold == set()


def test_the_day_of_an_action_is_that_of_the_sites_wall(house_site):
    voice = wording.Voice(house_site, "fr", ZONE)
    now = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    assert voice.when(datetime(2026, 11, 2, 23, 30, tzinfo=UTC), now) == "auj. 0\u00a0h\u00a030"
    assert voice.when(datetime(2026, 11, 2, 22, 30, tzinfo=UTC), now) == "hier 23\u00a0h\u00a030"
    assert voice.when(datetime(2026, 10, 1, 8, 0, tzinfo=UTC), now) == "1er oct. 2026"

"""A lead's story in sentences, in both languages: acts, mails, turns, decisions, what staff did."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from authoring.models.definitions import EventLabel
from console.names import Names
from console.reasons import SENTENCES, told, told_of_refusal
from console.telling import own_words
from console.words import story
from leads.facts import Event
from reports.timeline import Entry, Mailed
from sales.wording import without_expressions

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAUGHTY = '<script>alert("1")</script> %(x)s {{ 7*7 }} « » \u202e'


def event(name, subject=None, evidence="human", at=NOON, number=1, mail=None, words=None, **data):
    happened = Event(number, name, at, evidence, subject, data)
    return Entry("event", number, at, event=happened, mail=mail, words=words)


def turn(before, now, reason):
    return Entry("stage", 1, NOON, passage=SimpleNamespace(from_stage=before, to_stage=now, reason=reason))


def decision(outcome, reason, step="niveaux", until=None):
    row = SimpleNamespace(outcome=outcome, reason=reason, sequence="conseils-3d", step=step, until=until)
    return Entry("decision", 1, NOON, decision=row)


def mailed(klass="marketing", subject="Bonjour {{ lead.first_name }}", **more):
    values = {"reason": None, "reply": None, "recipient": None, "email": "conseils-3d/niveaux", "state": "sent"}
    return Mailed(**{"id": 9, "klass": klass, "locale": "fr", "subject": subject, **values, **more})


def by(who="Nadia Ferreira", **more):
    return {"staff": who, "by": "nadia", **more}


MAIL = "conseils-3d/niveaux"
ALERT = {"klass": "notification", "email": "alert", "recipient": "nadia@atelier-lumen.example", "subject": None}
TOLD = [
    # entry, kind, English, French
    (event("page_seen", "demo"), "did", "Looked at the demonstration page", "Page de la démonstration consultée"),
    (
        event("hit_confirmed", MAIL, of="link_clicked"),
        "did",
        "Followed the link in “Where to stop in the detail”",
        "Lien suivi dans « Où s’arrêter dans le détail »",
    ),
    (
        event("segment_entered", "interesses-cao", "engine", chain=1),
        "machine",
        "Came into the segment “Interested in CAD”",
        "Entre dans le segment « Intéressés par la CAO »",
    ),
    (event("segment_left", "gone", "engine"), "machine", "Left the segment “gone”", "Quitte le segment « gone »"),
    (event("form_submitted", "demo", hand_raise=True), "did", "Asked for a demonstration", "Démonstration demandée"),
    (
        event("mail.sent", MAIL, "engine", mail=mailed()),
        "machine",
        "Mail sent: “Bonjour …”",
        "E-mail envoyé : « Bonjour … »",
    ),
    (
        event("mail.refused", MAIL, "engine", mail=mailed(state="refused")),
        "machine",
        "Mail refused by their server: “Bonjour …”",
        "E-mail refusé par son serveur : « Bonjour … »",
    ),
    (
        event("mail.sent", "alert", "engine", mail=mailed(**ALERT)),
        "machine",
        "Nadia Ferreira was alerted",
        "Nadia Ferreira : alerte envoyée",
    ),
    (
        event("mail.sent", "nowhere/gone", "engine"),
        "machine",
        "Mail sent: “nowhere/gone”",
        "E-mail envoyé : « nowhere/gone »",
    ),
    (
        event("mail.replied", MAIL, mail=mailed(), text="Call me"),
        "did",
        "Answered “Bonjour …”",
        "A répondu à « Bonjour … »",
    ),
    (
        event("mail.bounced", MAIL, "engine", mail=mailed(), status="5.1.1", reason="nobody has this address"),
        "machine",
        "Mail came back, the address is left alone: “Bonjour …”",
        "E-mail revenu, cette adresse ne recevra plus rien : « Bonjour … »",
    ),
    (
        event("mail.soft_bounced", MAIL, "engine", mail=mailed(), reason="the mailbox is full"),
        "machine",
        "Mail came back this time: “Bonjour …”",
        "E-mail revenu cette fois : « Bonjour … »",
    ),
    (
        event("mail.complained", MAIL, "engine", mail=mailed()),
        "machine",
        "Mail reported as spam: “Bonjour …”",
        "E-mail signalé comme indésirable : « Bonjour … »",
    ),
    (
        event("mail.auto_replied", MAIL, "machine", mail=mailed()),
        "machine",
        "A machine answered “Bonjour …”",
        "Un répondeur a répondu à « Bonjour … »",
    ),
    (
        event("mail.bounced", "alert", "engine", mail=mailed(**ALERT)),
        "machine",
        "The mail to Nadia Ferreira came back",
        "L’e-mail à Nadia Ferreira est revenu",
    ),
    (turn("iql", "mql", "enter: engagement 92, fit 50"), "turn", "IQL becomes MQL", "IQL devient MQL"),
    (turn(None, "iql", "enter: engagement 15, fit 0"), "turn", "IQL", "IQL"),
    (turn("gone", "mql", "hand_raise: demo"), "turn", "gone becomes MQL", "gone devient MQL"),
    (decision("entered", "consent_granted conseils-3d"), "machine", "Enters “3D advice”", "Entre dans « Conseils 3D »"),
    (decision("delayed", "cap 1 per day: used up by `x`"), "machine", "“3D advice” waits", "« Conseils 3D » attend"),
    (decision("left", "no consent for `lettre`"), "machine", "Leaves “3D advice”", "Quitte « Conseils 3D »"),
    (
        event("verdict_given", "recycled", "engine", reason="hors-cible", **by()),
        "staff",
        "Nadia Ferreira recycles the lead",
        "Nadia Ferreira recycle le lead",
    ),
    (
        event("verdict_given", "accepted", "engine", by="karim"),
        "staff",
        "Karim Benali accepts the lead",
        "Karim Benali accepte le lead",
    ),
    (
        event("note_added", None, "engine", words="Before ten", **by()),
        "staff",
        "Nadia Ferreira notes",
        "Nadia Ferreira note",
    ),
    (
        event("call_logged", "voicemail", "engine", **by()),
        "staff",
        "Nadia Ferreira called and left a message",
        "Nadia Ferreira a appelé et laissé un message",
    ),
    (
        event("task_done", None, "engine", title="Quote", **by()),
        "staff",
        "Nadia Ferreira has done: Quote",
        "Nadia Ferreira a fait : Quote",
    ),
    (
        event("bant_noted", "budget", "engine", value="partial", note="5 k", **by()),
        "staff",
        "Nadia Ferreira notes Budget: partly",
        "Nadia Ferreira note Budget : en partie",
    ),
    (
        event("lead_assigned", "karim", "engine", **by("Chloé")),
        "staff",
        "Chloé gives the lead to Karim Benali",
        "Chloé confie le lead à Karim Benali",
    ),
    (
        event("lead_assigned", None, "engine", **by("Chloé")),
        "staff",
        "Chloé gives the lead to nobody",
        "Chloé ne confie le lead à personne",
    ),
    (event("weighed", "tons"), "did", "weighed: tons", "weighed : tons"),
]


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(("entry", "kind", "english", "french"), TOLD)
def test_what_happened_is_told_in_both_languages(speaking, site, entry, kind, english, french):
    for locale, wanted in (("en", english), ("fr", french)):
        with speaking(locale) as viewer:
            [day] = story([entry], site, viewer, NOON)
        assert (plain(day.lines[0].text), day.lines[0].kind) == (wanted, kind)


def lines_of(entries, site, viewer, now=NOON):
    return [line for day in story(entries, site, viewer, now) for line in day.lines]


def test_whose_a_lead_was_before_stands_beneath(speaking, site):
    moved = event("lead_assigned", "karim", "engine", before="nadia", **by("Chloé"))
    with speaking("fr") as viewer:
        [line] = lines_of([moved], site, viewer)
    assert plain(line.detail) == "Auparavant : Nadia Ferreira."


def test_days_are_named_and_equal_acts_that_follow_each_other_are_one_line(speaking, site):
    acts = [
        event("page_seen", "demo", at=NOON - hours * timedelta(hours=1), number=9 - hours) for hours in (0, 1, 30, 200)
    ]
    with speaking("en") as viewer:
        days = story(acts, site, viewer, NOON)
    assert [day.title for day in days] == ["Today", "Yesterday", "Mon 16 Nov 2026"]
    assert [line.times for day in days for line in day.lines] == [2, 1, 1]
    with speaking("fr") as viewer:
        assert [day.title for day in story(acts, site, viewer, NOON)] == [
            "Aujourd’hui",
            "Hier",
            "Lundi 16 novembre 2026",
        ]


def test_what_holds_words_or_a_reason_is_never_folded_away(speaking, site):
    notes = [event("note_added", None, "engine", words=text, **by()) for text in ("one", "two")]
    skips = [decision("skipped", 'only_if { tag = "x" } does not hold')] * 2
    with speaking("en") as viewer:
        assert [line.quote for line in lines_of(notes, site, viewer)] == ["one", "two"]
        assert len(lines_of(skips, site, viewer)) == 2


def test_what_another_line_says_already_is_not_said_twice(speaking, site):
    delivered = event("asset_delivered", "guide-3d", "engine", message_id=9, number=3)
    sent = event("mail.sent", "livraison/guide", "engine", mail=mailed(), number=2)
    due = event("broadcast_due", "lettre-novembre", "engine")
    with speaking("en") as viewer:
        assert [line.icon for line in lines_of([delivered, sent, due], site, viewer)] == ["send"]
        assert len(lines_of([delivered], site, viewer)) == 1, "without its mail it is told"


def test_machines_are_told_apart(speaking, site):
    with speaking("en") as viewer:
        [line] = lines_of([event("link_clicked", MAIL, "proxy")], site, viewer)
    assert (line.kind, line.icon, line.detail) == ("machine", "eye-off", "a mail program fetched it")


def test_naughty_words_stay_what_they_are(speaking, site):
    entries = [
        event("note_added", None, "engine", words=NAUGHTY, **by(NAUGHTY)),
        event("form_submitted", NAUGHTY, page=NAUGHTY),
        event(NAUGHTY[:60], NAUGHTY),
        event("task_added", None, "engine", title=NAUGHTY, **by(NAUGHTY)),
        event("mail.failed", NAUGHTY, "engine", mail=mailed(subject=NAUGHTY, reason=NAUGHTY), reason=NAUGHTY),
        decision("left", NAUGHTY, NAUGHTY),
        turn(NAUGHTY, NAUGHTY, NAUGHTY),
    ]
    for locale in ("en", "fr"):
        with speaking(locale) as viewer:
            lines = lines_of(entries, site, viewer)
        assert len(lines) == len(entries)
        assert lines[0].quote == NAUGHTY
        assert all(isinstance(line.text, str) and not hasattr(line.text, "__html__") for line in lines)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"need": "Layers?\nAnd blocks?", "team": "1", "first_name": "Ada"}, "Layers? And blocks?"),
        ({"team": "1"}, ""),
        ({"need": "x" * 5000}, "x" * 400 + "…"),
        ({}, ""),
    ],
)
def test_own_words_are_what_was_written_freely(site, answers, said):
    assert own_words("demo", answers, site) == said
    assert own_words("gone", answers, site) == ""


def test_subjects_are_shown_without_what_is_filled_in():
    assert without_expressions("Bonjour {{ lead.first_name }}, {{ x }} !") == "Bonjour …, … !"
    assert without_expressions("{{ never closed") == "…"
    assert without_expressions("plain") == "plain"


# ---------------------------------------------------------------- reasons

REASONS = [
    ("paused: wrong price", "paused: wrong price", "en pause : wrong price"),
    (
        "concurrent = false: `conseils-3d` goes first",
        "one of these at a time, and “3D advice” goes first",
        "une seule à la fois, et « Conseils 3D » passe d’abord",
    ),
    (
        "frequency_cap 1 per week: used up by `conseils-3d`",
        "this sequence sends 1 per week at most",
        "cette séquence envoie au plus 1 par semaine",
    ),
    (
        "cadence 1 per week: used up by `a`",
        "at this stage 1 per week at most, used up by `a`",
        "à ce stade 1 par semaine au plus, déjà pris par `a`",
    ),
    (
        "quiet_hours 21:00-08:00 Europe/Paris",
        "no mail leaves between 21:00-08:00, Europe/Paris time",
        "aucun e-mail ne part de 21:00-08:00, heure de Europe/Paris",
    ),
    (
        "too late: on the holiday 2026-12-25 Europe/Paris until it has expired",
        "too late: no mail leaves on the holiday of 25 Dec 2026, and it will have expired",
        "trop tard : aucun e-mail ne part le jour férié du 25 déc. 2026, et il sera périmé",
    ),
    (
        "the lead has answered: somebody goes on from here",
        "the lead has answered: somebody goes on from here",
        "cette personne a répondu : à quelqu’un de prendre la suite",
    ),
    ("nobody has this address", "nobody has this address", "personne n’a cette adresse"),
    ("max_passes 2 are used up", "was led back 2 times already", "est déjà revenu 2 fois en arrière"),
    (
        "held out: one of the 10 % who go no further",
        "held out: one of the 10 % who go no further",
        "gardé à l’écart : fait partie des 10 % qui ne vont pas plus loin",
    ),
    ("no consent for `conseils-3d`", "has not agreed to “3D advice”", "n’a pas donné son accord pour « Conseils 3D »"),
    (
        "cap 4 per week: used up by `conseils-3d`",
        "cap of 4 per week, used up by “3D advice”",
        "plafond de 4 par semaine, déjà pris par « Conseils 3D »",
    ),
    (
        "cap 1 per day: used up by `a`, `b`",
        "cap of 1 per day, used up by `a`, `b`",
        "plafond de 1 par jour, déjà pris par `a`, `b`",
    ),
    (
        "cap 1 per day: `conseils-3d` goes first",
        "cap of 1 per day: “3D advice” goes first",
        "plafond de 1 par jour : « Conseils 3D » passe d’abord",
    ),
    (
        "send_window 08:00-19:00 Europe/Paris",
        "mails leave between 08:00-19:00 only, Europe/Paris time",
        "les e-mails ne partent que de 08:00-19:00, heure de Europe/Paris",
    ),
    (
        'goal reached: { event = "form_submitted", subject = "demo" }',
        "goal reached: “Asked for a demonstration”",
        "but atteint : « Démonstration demandée »",
    ),
    (
        'exit_when { stage_at_least = "sql" } holds',
        "its exit condition is met: stage SQL or beyond",
        "sa condition de sortie est remplie : stade SQL ou au-delà",
    ),
    (
        '{ event = "link_clicked", subject = "conseils-3d/niveaux" } did not come within 5 days',
        "Followed the link in “Where to stop in the detail”: not within 5 days",
        "Lien suivi dans « Où s’arrêter dans le détail » : pas venu en 5 jours",
    ),
    (
        "rejected: hors-cible",
        "Rejected by sales: Structure, services or too large a building.",
        "Rejeté par les commerciaux : Structure, fluides ou bâtiment trop grand.",
    ),
    (
        "entered on 2026-11-28 08:05 UTC; min_interval = 1 hour",
        "was in it on 28 Nov 2026, 9:05, and 1 hour must pass between two entries",
        "y était le 28 nov. 2026, 9 h 05, et il faut 1 heure entre deux entrées",
    ),
    (
        "entered on 2026-11-28; min_interval = 2 days",
        "was in it on 28 Nov 2026, and 2 days must pass between two entries",
        "y était le 28 nov. 2026, et il faut 2 jours entre deux entrées",
    ),
    (
        "too late: it was due 2026-11-28 08:05 UTC and expires_after 1 day",
        "too late: it was due on 28 Nov 2026, 9:05, and expires after 1 day",
        "trop tard : il était dû le 28 nov. 2026, 9 h 05, et se périme après 1 jour",
    ),
    ("paused: paused by hand", "paused by hand", "mis en pause à la main"),
    (
        "restored from the backup of 2026-11-28 08:05 UTC: what was sent since is not known here",
        "restored from the backup of 28 Nov 2026, 9:05: what was sent since is not known here",
        "restauré depuis la sauvegarde du 28 nov. 2026, 9 h 05 : ce qui est parti depuis n’est pas connu ici",
    ),
    (
        "paused: nothing ran since 2026-11-28 08:05 UTC",
        "paused: nothing ran since 28 Nov 2026, 9:05",
        "en pause : rien n’a tourné depuis le 28 nov. 2026, 9 h 05",
    ),
    (
        "the clock went backwards, from 2026-11-28 08:05 to 2026-11-27 08:05 UTC",
        "the clock went backwards, from 28 Nov 2026, 9:05 to 27 Nov 2026, 9:05",
        "l’horloge est revenue en arrière, du 28 nov. 2026, 9 h 05 au 27 nov. 2026, 9 h 05",
    ),
    (
        "12 readers complained among the last 500 marketing mails (0.3 % of 1000 is too much)",
        "readers who complained among the last 500 marketing mails: 12 (0.3 % of 1000 is too much)",
        "lecteurs qui se sont plaints parmi les 500 derniers e-mails de marketing : 12 (0.3 % de 1000, c’est trop)",
    ),
    (
        'goes on at `long`: { tag = "x" }',
        "goes on at “long”, as this is true: tag “x”",
        "la suite à « long », car ceci est vrai : étiquette « x »",
    ),
    ("its share goes to `long`", "the draw by share leads to “long”", "le tirage des parts mène à « long »"),
    (
        "not one of the 20 % who go no further",
        "goes on: not one of the 20 % who go no further",
        "continue : pas parmi les 20 % qui s’arrêtent là",
    ),
    (
        "goes back to `say`, 1 of 2 times",
        "goes back to “say”, pass 1 of 2",
        "retour à « say », passage 1 sur 2",
    ),
    (
        'goal reached: { event = "form_submitted", subject = "demo" }; goes on at `end`',
        "goal reached: “Asked for a demonstration”; goes on at “end”",
        "but atteint : « Démonstration demandée » ; la suite à « end »",
    ),
    ("enter: engagement 92, fit 50", "By rule: engagement 92, fit 50.", "Par la règle : engagement 92, profil 50."),
    (
        "cooled: engagement 59.377, below 60",
        "Cooled: engagement 59.377, below 60.",
        "Refroidi : engagement 59,377, sous 60.",
    ),
    (
        "release 7 edits the sequence: goes on at `exemple` in its new version",
        "release 7 edits the sequence: goes on at “exemple” in its new version",
        "la version 7 modifie la séquence : la suite à « exemple », dans sa nouvelle forme",
    ),
    (
        "release 7: enter: engagement 92, fit 50",
        "By the new rules of release 7. By rule: engagement 92, fit 50.",
        "Par les nouvelles règles de la version 7. Par la règle : engagement 92, profil 50.",
    ),
    (
        "the address was asked to confirm 3 times and never did",
        "this address was asked to confirm 3 times and never did: it is asked no more",
        "cette adresse a été invitée 3 fois à confirmer et ne l’a jamais fait : on ne lui demande plus",
    ),
    (
        "the address got this mail 3 times and never confirmed anything",
        "this address got the same mail 3 times and never confirmed anything",
        "cette adresse a reçu 3 fois ce même e-mail et n’a jamais rien confirmé",
    ),
    (
        "the address has this mail since less than 24 hours, unconfirmed",
        "this address got the same mail less than 24 hours ago and has not confirmed",
        "cette adresse a reçu ce même e-mail il y a moins de 24 heures et n’a pas confirmé",
    ),
    (
        "the address was asked to confirm less than 24 hours ago",
        "this address was asked to confirm less than 24 hours ago: once a day at most",
        "cette adresse a été invitée à confirmer il y a moins de 24 heures : une fois par jour au plus",
    ),
    (
        "the address got 5 mails in 24 hours and never confirmed anything",
        "this address got 5 mails in 24 hours and never confirmed anything: enough for a day",
        "cette adresse a reçu 5 e-mails en 24 heures et n’a jamais rien confirmé : c’est assez pour un jour",
    ),
    (
        "the address got 10 mails and never confirmed anything",
        "this address got 10 mails and never confirmed anything: it gets no more",
        "cette adresse a reçu 10 e-mails et n’a jamais rien confirmé : elle n’en recevra plus",
    ),
    (
        "picked `plans`; without its link: the address was asked to confirm 3 times and never did",
        "of the texts that fit, plans came first, without its link to confirm: this address was asked to confirm 3"
        " times and never did: it is asked no more",
        "parmi les textes qui conviennent, plans venait en premier, sans son lien de confirmation : cette adresse a été"
        " invitée 3 fois à confirmer et ne l’a jamais fait : on ne lui demande plus",
    ),
    (
        "without its link: the address was asked to confirm less than 24 hours ago",
        "without its link to confirm: this address was asked to confirm less than 24 hours ago: once a day at most",
        "sans son lien de confirmation : cette adresse a été invitée à confirmer il y a moins de 24 heures :"
        " une fois par jour au plus",
    ),
    (
        "picked `plans`",
        "of the texts that fit, plans came first",
        "parmi les textes qui conviennent, plans venait en premier",
    ),
    (
        "something nobody foresaw: <b>%(x)s</b>",
        "something nobody foresaw: <b>%(x)s</b>",
        "something nobody foresaw: <b>%(x)s</b>",
    ),
    ("only_if { broken does not hold", "only for those of whom this is true: { broken", "réservé à : { broken"),
]


@pytest.mark.parametrize(("reason", "english", "french"), REASONS)
def test_reasons_of_the_ledger_are_sentences_in_both_languages(speaking, site, reason, english, french):
    for locale, wanted in (("en", english), ("fr", french)):
        with speaking(locale) as viewer:
            assert plain(told(reason, Names(site, viewer))) == wanted


def test_a_refusal_is_told_without_what_pulled_the_trigger(speaking, site):
    with speaking("en") as viewer:
        reason = "form_submitted guide: entered already on 2026-11-02; re_entry = never"
        assert (
            told_of_refusal(reason, Names(site, viewer)) == "was in it already on 2 Nov 2026, and one enters only once"
        )


def test_an_event_that_is_labelled_by_its_subjects_alone_is_called_by_the_first_of_them(speaking, site):
    labels = [
        EventLabel(event="slot_booked", subject="demo", label="Booked a demonstration"),
        EventLabel(event="slot_booked", subject="visit", label="Booked a visit"),
        EventLabel(event="came", subject="visit", label="Came to a visit"),
        EventLabel(event="came", label="Came"),
    ]
    named = replace(site, definitions=site.definitions.model_copy(update={"event_labels": labels}))
    with speaking("en") as viewer:
        names = Names(named, viewer)
        assert told("hand_raise: event slot_booked", names) == "They asked for it: Booked a demonstration."
        assert told("hand_raise: event came", names) == "They asked for it: Came."


def test_no_reason_hides_behind_an_earlier_one():
    """Of two patterns that both match, the first would always win: each must have a reason of its own."""
    examples = {
        "cap (?P<cap>.+?): used up by (?P<others>.+)": "cap 1 per day: used up by `a`, `b`",
        "cap (?P<cap>.+?): (?P<others>.+) goes first": "cap 1 per day: `a`, `b` goes first",
    }
    for pattern, example in examples.items():
        first = next(known for known, _ in SENTENCES if known.fullmatch(example))
        assert first.pattern == pattern


ABOUT = [
    # event, subject, English, French
    ("form_submitted", "demo", "“Did so” (Ask for a slot)", "« L’a fait » (Demander un créneau)"),
    (
        "link_clicked", "conseils-3d/niveaux",
        "“Did so” (Where to stop in the detail)", "« L’a fait » (Où s’arrêter dans le détail)",
    ),
    ("page_seen", "lettre", "“Did so” (The Tuesday letter)", "« L’a fait » (La lettre du mardi)"),
    ("asset_downloaded", "variantes", "“Did so” (Price the variants)", "« L’a fait » (Chiffrer les variantes)"),
    ("webinar_attended", "lumiere", "“Did so” (lumiere)", "« L’a fait » (lumiere)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subject", "english", "french"), ABOUT)
def test_a_condition_says_what_it_is_about_where_its_label_is_one_for_everything(
    site, speaking, name, subject, english, french
):
    scoring = site.definitions.scoring.model_copy(update={"engagement": []})
    label = EventLabel(event=name, label={"fr": "L’a fait", "en": "Did so"})
    general = site.definitions.model_copy(update={"event_labels": [label], "scoring": scoring})
    for locale, wanted in (("en", english), ("fr", french)):
        with speaking(locale) as viewer:
            names = Names(replace(site, definitions=general), viewer)
            assert plain(names.wanted({"event": name, "subject": subject})) == wanted
            assert "(" not in names.wanted({"event": name}), "of any, nothing more is said"
            bare = Names(replace(site, definitions=general.model_copy(update={"event_labels": []})), viewer)
            title = wanted[wanted.index("(") + 1 : -1]
            assert title in plain(bare.wanted({"event": name, "subject": subject}))

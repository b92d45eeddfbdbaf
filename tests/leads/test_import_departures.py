"""Who left elsewhere, as the tools that kept a list before write it, and as people do."""

import io
from datetime import UTC, datetime

import pytest

from leads.imports.contacts import Contact, Reject, Rules
from leads.imports.departures import BOUNCED, COMPLAINED, SUBSCRIBED, UNSUBSCRIBED, field_of, told
from leads.imports.mapping import Targets
from leads.imports.reading import Layout, Survey, Wishes, contacts, rows, survey
from storage.scratch import FirstSeen

GONE, BACK, SPAM = ("unsubscribed",), ("hard_bounce",), ("complaint",)
ADA, BOB, CHLOE, DAN = (f"{name}@example.org" for name in ("ada", "bob", "chloe", "dan"))

# Tool -> (a list as it writes it, {address: why it is left alone}).
EXPORTS = {
    "Mailchimp, unsubscribed": (
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LAST_CHANGED,UNSUB_TIME,"
        "UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n"
        f'{ADA},Ada,Lovelace,2,"2021-03-04 10:11:12",,"2021-03-04 10:12:00","2023-05-06 07:08:09",'
        '"2023-05-06 07:08:09",May,123,NORMAL,,1,a,,"""Salon"""\n',
        {ADA: GONE},
    ),
    "Mailchimp, cleaned": (
        "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID\n"
        f'{ADA},Ada,1,"2021-03-04 10:11:12","2022-05-06 07:08:09",May,123,1\n',
        {ADA: BACK},
    ),
    "Mailchimp, all in one": (
        f"Email Address,First Name,Status\n{ADA},Ada,Subscribed\n{BOB},Bob,Unsubscribed\n{CHLOE},Chloé,Cleaned\n"
        f"{DAN},Dan,Non-Subscribed\n",
        {BOB: GONE, CHLOE: BACK},
    ),
    "HubSpot": (
        "Record ID,First Name,Last Name,Email,Unsubscribed from all email,Opted out of email: Marketing Information,"
        "Marketing emails bounced,Marketing contact status\n"
        f"1,Ada,L,{ADA},false,false,2,Marketing contact\n2,Bob,M,{BOB},true,,,Non-marketing contact\n"
        f"3,Chloé,P,{CHLOE},,true,,Marketing contact\n",
        {BOB: GONE, CHLOE: GONE},
    ),
    "HubSpot in French": (
        f"E-mail;Prénom;Désabonné de tous les e-mails\n{ADA};Ada;Faux\n{BOB};Bob;Vrai\n",
        {BOB: GONE},
    ),
    "Brevo": (
        "CONTACT ID,EMAIL,NOM,PRENOM,OPT_IN,DOUBLE_OPT-IN,EMAIL_BLACKLISTED,SMS_BLACKLISTED\n"
        f"1,{ADA},L,Ada,Yes,Yes,No,Yes\n2,{BOB},M,Bob,No,,Yes,No\n",
        {BOB: GONE},
    ),
    "listmonk": (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        f"u1,{ADA},Ada,{{}},enabled,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z\n"
        f"u2,{BOB},Bob,{{}},blocklisted,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z\n",
        {BOB: GONE},
    ),
    "Mautic": (
        f"id,firstname,lastname,email,doNotEmail,doNotContact\n1,Ada,L,{ADA},0,0\n2,Bob,M,{BOB},1,0\n"
        f"3,Chloé,P,{CHLOE},,1\n",
        {BOB: GONE, CHLOE: GONE},
    ),
    "Salesforce": (
        "Id,FirstName,LastName,Email,HasOptedOutOfEmail,HasOptedOutOfFax,DoNotCall,EmailBouncedReason,EmailBouncedDate\n"
        f"1,Ada,L,{ADA},0,1,1,,\n2,Bob,M,{BOB},1,0,0,,\n3,Chloé,P,{CHLOE},0,0,0,550 5.1.1,2024-02-03T04:05:06.000Z\n",
        {BOB: GONE, CHLOE: BACK},
    ),
    "Salesforce report": (f"First Name,Email,Email Opt Out\nAda,{ADA},FALSE\nBob,{BOB},TRUE\n", {BOB: GONE}),
    "MailerLite": (
        "Subscriber,Name,Status,Subscribed,Unsubscribed\n"
        f"{ADA},Ada,Active,2023-01-01 10:00:00,\n{BOB},Bob,Unsubscribed,2023-01-01 10:00:00,2024-01-01 10:00:00\n"
        f"{CHLOE},Chloé,Bounced,2023-01-01 10:00:00,\n{DAN},Dan,Junk,2023-01-01 10:00:00,\n",
        {BOB: GONE, CHLOE: BACK},  # `Junk` is not only a word of mail
    ),
    "ActiveCampaign": (
        f"Email,First Name,Status\n{ADA},Ada,Active\n{BOB},Bob,Unsubscribed\n{CHLOE},Chloé,Bounced\n"
        f"{DAN},Dan,Unconfirmed\n",
        {BOB: GONE, CHLOE: BACK},
    ),
    "Klaviyo": (
        "Email,First Name,Email Marketing Consent,Email Marketing Consent Timestamp\n"
        f"{ADA},Ada,SUBSCRIBED,2024-01-01\n{BOB},Bob,UNSUBSCRIBED,2024-02-01\n{CHLOE},Chloé,NEVER_SUBSCRIBED,\n",
        {BOB: GONE},
    ),
    "Shopify": (
        f"First Name,Email,Accepts Email Marketing\nAda,{ADA},yes\nBob,{BOB},no\n",  # never asked is no farewell
        {},
    ),
    "Pipedrive": (
        f"Person - Name,Person - Email - Work,Person - Marketing status\nAda,{ADA},Subscribed\nBob,{BOB},Unsubscribed\n"
        f"Chloé,{CHLOE},No consent\n",
        {BOB: GONE},
    ),
    "Dynamics in French": (
        f"Prénom;Adresse e-mail;Ne pas autoriser les e-mails\nAda;{ADA};Autoriser\nBob;{BOB};Ne pas autoriser\n",
        {BOB: GONE},
    ),
    "Ghost": (
        f"id,email,name,subscribed_to_emails\n1,{ADA},Ada,true\n2,{BOB},Bob,false\n",
        {BOB: GONE},
    ),
    "Mailjet": (f"Email,IsExcludedFromCampaigns\n{ADA},false\n{BOB},true\n", {BOB: GONE}),
    "Sarbacane": (
        f"Email;Désinscrit;NPAI;Plainte spam\n{ADA};;;\n{BOB};x;;\n{CHLOE};;x;\n{DAN};;;x\n",
        {BOB: GONE, CHLOE: BACK, DAN: SPAM},
    ),
    "a spreadsheet in French": (
        f"Nom;Courriel;Opposition RGPD;Statut\nAda;{ADA};;abonnée\nBob;{BOB};12 mars 2024;abonné\n"
        f"C;{CHLOE};;désabonnée\nD;{DAN};non;désinscrit\n",
        {BOB: GONE, CHLOE: GONE, DAN: GONE},
    ),
    "several reasons": (
        f"Email;Unsubscribed;Hard bounce;Spam complaint\n{ADA};1;1;\n{BOB};1;1;1\n",
        {ADA: (*GONE, *BACK), BOB: (*GONE, *SPAM)},
    ),
}  # fmt: skip


def looked_at(text: str, **wishes: object) -> tuple[Survey, list[Contact | Reject]]:
    file = io.BytesIO(text.encode())
    found = survey(file, Wishes(**wishes), Targets(topics=frozenset({"tips"})))  # type: ignore[arg-type]
    layout = Layout(found.encoding, found.shape.delimiter, found.shape.header, found.shape.width)
    return found, list(contacts(rows(file, layout), Rules(found.shape.width, found.fields), FirstSeen()))


def left(text: str, **wishes: object) -> dict[str, tuple[str, ...]]:
    """{address: why}, of the rows that say that somebody left."""
    gone = (one.departure for one in looked_at(text, **wishes)[1] if one.departure is not None)
    return {address: one.reasons for one in gone for address in one.addresses}


@pytest.mark.parametrize("tool", EXPORTS)
def test_a_list_of_another_tool_says_who_left_there(tool):
    text, expected = EXPORTS[tool]
    assert left(text) == expected


# Columns that may say who left, of something else or in a way that nobody can tell: pointed out, never taken.
DOUBTFUL = (
    "Marketing emails bounced", "Do Not Mail", "Clean", "Stop", "Complaint(s)", "Plaintes",
    "Stop date", "Date de refus", "Refus par", "Withdrawn date", "Clean email", "Email clean", "Clean date",
    "Objection", "Lead objection", "Suppressed", "DNC", "Unsubscribed from webinar", "Désabonné de la presse",
    "Opted out (post)", "Spam",
)  # fmt: skip


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_column_of_which_nobody_can_tell_leaves_nobody_alone_and_is_pointed_out(name):
    text = f"Email;{name}\n{ADA};yes\n{BOB};2024-03-01\n"
    assert field_of(name) is None
    assert left(text) == {}
    assert looked_at(text)[0].passed_over == [name]
    assert left(text, mapped=((name, "unsubscribed"),)) == {ADA: GONE, BOB: GONE}


@pytest.mark.parametrize("name", [
    "Lead status", "SMS opt-out", "Do Not Call", "Ne pas appeler", "Lien de désabonnement", "Unsubscribe link",
    "Opt-in", "Email opt-in date", "Subscribed at", "Bounce rate", "UNSUB_CAMPAIGN_ID", "Contact",
    "Refus de prélèvement", "Unsubscribed from SMS", "Unsubscribed (WhatsApp)",
])  # fmt: skip
def test_a_column_that_speaks_of_something_else_leaves_nobody_alone(name):
    text = f"Email;{name}\n{ADA};yes\n"
    assert left(text) == {}
    assert looked_at(text)[0].passed_over == []


@pytest.mark.parametrize("name", [
    "UNSUB_TIME", "unsubscribed", "isUnsubscribed",
    "Unsubscribed from all email", "Opted out of email", "Opted out of email: One to One",
    "Email Opt Out", "HasOptedOutOfEmail", "Do Not Email", "Do Not Contact", "DNC email", "BLACKLISTED",
    "EMAIL_BLACKLISTED", "Désabonné(e)", "Désinscrit", "Opposition e-mail", "Ne pas contacter", "Unsubscribe date",
    "Date de désinscription",
])  # fmt: skip
def test_a_column_is_known_by_its_whole_name_as_the_tools_write_it(name):
    assert field_of(name) == UNSUBSCRIBED


@pytest.mark.parametrize("name", ["Email hard bounce reason", "Hard bounce reason"])
def test_whatever_stands_as_the_reason_of_a_bounce_is_one(name):
    assert left(f"Email;{name}\n{ADA};Mailbox full\n{BOB};\n") == {ADA: BACK}


@pytest.mark.parametrize(("name", "words"), [
    ("Status", "Active Blocked Unsubscribes"), ("Statut", "Confirmé Refusé Confirmé"), ("Etat", "Actif Bloqué Actif"),
    ("Status", "Active Archived Withdrawn"), ("Abonnement", "Actif Retiré Actif"),
    ("Formule", "abonné désabonné abonné"),
    ("Type client", "abonné désabonné désabonné"),
])  # fmt: skip
def test_a_status_without_a_word_of_mail_or_a_name_that_is_none_is_pointed_out(name, words):
    cells = "".join(f"lead{number}@example.org;{word}\n" for number, word in enumerate(words.split()))
    found, read = looked_at(f"Email;{name}\n{cells}")
    assert (found.mapping, found.passed_over) == ({"Email": "email"}, [name])
    assert all(one.departure is None for one in read)


def test_a_column_without_a_name_is_pointed_out():
    text = f"{ADA};Subscribed\n{BOB};Unsubscribed\n{CHLOE};Subscribed\n"
    assert (left(text), looked_at(text)[0].passed_over) == ({}, ["column 2"])
    assert left(text, mapped=(("2", "subscribed"),)) == {BOB: GONE}


def test_a_word_that_may_say_anything_is_no_no_and_costs_no_consent():
    text = f"Email;Status;OK\n{ADA};Unsubscribed;oui\n{BOB};Blocked;oui\n{CHLOE};Inactive;oui\n"
    _, read = looked_at(text, mapped=(("OK", "consent:tips"),))
    assert [one.departure and one.departure.reasons for one in read] == [GONE, None, None]
    assert [isinstance(one, Contact) and one.flaw for one in read] == [None, None, None]


@pytest.mark.parametrize("words", [
    "New Contacted Won", "Active Inactive Prospect", "Confirmed Declined Attended", "valid invalid catch-all",
])  # fmt: skip
def test_a_status_of_something_else_is_left_out(words):
    cells = "".join(f"{word}-{number}@example.org;{word}\n" for number, word in enumerate(words.split()))
    found, read = looked_at(f"Email;Status\n{cells}")
    assert found.mapping == {"Email": "email"}
    assert all(one.departure is None for one in read)


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        *((UNSUBSCRIBED, cell, "unsubscribed") for cell in (
            "yes", "Oui", "TRUE", "Vrai", "1", "1.0", "x", "X", "✓", "2024-03-01", "01/03/2024", "03/25/24 10:00",
            "2024-02-03T04:05:06.000Z", "2024-02-03 04:05:06.1+00", "12 mars 2024", "Opted-out", "Ne pas contacter",
        )),
        *((UNSUBSCRIBED, cell, "") for cell in (
            "no", "Non", "FALSE", "faux", "0", "0.0", "0000-00-00 00:00:00", "1900-01-01", "-", "Subscribed", "Abonné",
            "Actif",
        )),
        *((UNSUBSCRIBED, cell, None) for cell in (
            "peut-être", "ok", "https://example.org/u/2024", "Inactive", "STOP", "3", "-1", "0 hard bounce",
            "Unsubscribed: 0", "asked on 2024-03-01", "1700000000000",
        )),
        (UNSUBSCRIBED, "Hard bounce", "hard_bounce"),
        (BOUNCED, "oui", "hard_bounce"),
        (BOUNCED, "Soft bounce", ""),
        (COMPLAINED, "1", "complaint"),
        *((SUBSCRIBED, cell, "") for cell in ("yes", "Subscribed", "pending", "2024-03-01", "2024-03-01T10:00:00Z")),
        *((SUBSCRIBED, cell, "unsubscribed") for cell in ("no", "false", "Unsubscribed", "Blacklisted")),
        (SUBSCRIBED, "Unsubscribed on 2024-03-01", None),
        (SUBSCRIBED, "cleaned", "hard_bounce"),
        (SUBSCRIBED, "left in 2024", None),
    ],
)  # fmt: skip
def test_a_cell_says_yes_or_no_in_many_ways_and_what_nobody_can_read_says_neither(field, cell, reason):
    assert told(field, cell) == reason


def test_somebody_has_left_where_any_row_of_theirs_says_so_once_for_each_reason():
    text = f"Email;Status\n{ADA};Subscribed\n{BOB};Subscribed\n{ADA};Unsubscribed\n{ADA};Unsubscribed\n{ADA};Cleaned\n"
    _, read = looked_at(text)
    assert [one.departure and one.departure.reasons for one in read] == [None, None, GONE, None, BACK]


def test_they_have_left_at_an_address_that_no_row_above_had_named():
    text = f'Email;Unsubscribed\n{ADA};yes\n"{ADA}, {BOB}";yes\n"{BOB}, {ADA}";yes\n'
    _, read = looked_at(text)
    assert [one.departure and one.departure.addresses for one in read] == [(ADA,), (ADA, BOB), None]


def test_they_have_left_at_every_address_that_their_row_names():
    text = f"Email pro;Email perso;Unsubscribed\n{ADA};{BOB}, {CHLOE};2024-03-01\n"
    [one] = looked_at(text)[1]
    assert one.departure is not None
    assert one.departure.addresses == (ADA, BOB, CHLOE)
    assert one.departure.day == datetime(2024, 3, 1, tzinfo=UTC)


def test_a_column_is_said_or_unsaid_by_hand_and_one_that_is_left_out_is_pointed_out():
    text = f"Email;Désabonné;Abonné\n{ADA};oui;oui\n{BOB};non;non\n"
    assert left(text) == {ADA: GONE}
    assert left(text, mapped=(("Désabonné", ""),)) == {}
    assert left(text, mapped=(("Désabonné", ""), ("Abonné", "subscribed"))) == {BOB: GONE}
    assert left(text, mapped=(("Abonné", "subscribed"),)) == {ADA: GONE, BOB: GONE}
    assert looked_at(text, mapped=(("Désabonné", ""),))[0].passed_over == ["Désabonné"]
    assert looked_at(text)[0].passed_over == []


def test_a_mapping_that_was_kept_before_and_knows_no_such_column_is_pointed_out():
    file = io.BytesIO(f"Email;Unsubscribed\n{ADA};1\n".encode())
    found = survey(file, Wishes(), Targets(), {"Email": "email"})
    assert (found.mapping, found.passed_over) == ({"Email": "email"}, ["Unsubscribed"])


def test_a_column_of_consent_that_says_unsubscribed_is_a_no_and_a_plain_no_is_none():
    text = f"Email;Newsletter\n{ADA};subscribed\n{BOB};unsubscribed\n{CHLOE};no\n"
    _, read = looked_at(text, mapped=(("Newsletter", "consent:tips"),))
    assert [isinstance(one, Contact) and one.consents for one in read] == [("tips",), (), ()]
    assert [one.departure and one.departure.reasons for one in read] == [None, GONE, None]


def test_an_address_that_cannot_be_read_is_told_by_its_line_alone():
    text = f"Email;Unsubscribed;OK\n{ADA};asked by {BOB};oui\n"
    [one] = looked_at(text, mapped=(("OK", "consent:tips"),))[1]
    assert isinstance(one, Contact)
    assert (one.unread, one.flaw, one.hints) == (("",), "unread", ("unread",))


def test_what_cannot_be_read_is_kept_to_be_told_and_counts_against_a_consent_of_the_row():
    text = f"Email;Unsubscribed;OK\n{ADA};peut-être;oui\n"
    [one] = looked_at(text, mapped=(("OK", "consent:tips"),))[1]
    assert isinstance(one, Contact)
    assert (one.departure, one.unread, one.flaw, one.hints) == (None, ("peut-être",), "unread", ("unread",))

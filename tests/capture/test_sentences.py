"""What a visitor reads for each fault, in both languages: the table of the guide."""

import pytest

from authoring.models.forms import FormField
from base.config import Config
from capture.faults import address_fault, phone_fault
from capture.sentences import headline, sentence, wrong
from capture.speech import speech_in

FIELDS = {
    "email": FormField(name="email", kind="email", label="E-mail"),
    "phone": FormField(name="phone", kind="phone", label="Téléphone"),
    "first_name": FormField(name="first_name", kind="text", label="Prénom"),
    "budget": FormField(name="budget", kind="text", label="Votre budget", max_length=80),
    "team": FormField(
        name="team",
        kind="choice",
        label="Équipe ?",
        options=[{"value": "1", "label": "1"}, {"value": "2", "label": "2"}],
    ),
}


def said(locale, field, code, typed=""):
    text = sentence(speech_in(Config(), locale), FIELDS[field], code, typed)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("typed", "french", "english"),
    [
        (
            "chloe@atelier-marchand",
            "Il manque la fin de l’adresse, par exemple « .fr » : chloe@atelier-marchand.fr",
            "The end of the address is missing, for example “.com”: chloe@atelier-marchand.com",
        ),
        (
            "chloe@gmial",
            "Il manque la fin de l’adresse, par exemple « .com » : chloe@gmail.com",
            "The end of the address is missing, for example “.com”: chloe@gmail.com",
        ),
        (
            "chloe.atelier.fr",
            "Une adresse e-mail contient un « @ » : chloe@atelier-marchand.fr",
            "An email address contains an “@”: chloe@marchand-studio.com",
        ),
        (
            "@atelier.fr",
            "Il manque le début de l’adresse, avant le « @ » : chloe@atelier-marchand.fr",
            "The start of the address is missing, before the “@”: chloe@marchand-studio.com",
        ),
        (
            "chloe@",
            "Il manque la fin de l’adresse, après le « @ » : chloe@atelier-marchand.fr",
            "The end of the address is missing, after the “@”: chloe@marchand-studio.com",
        ),
        (
            "a@b@atelier.fr",
            "Une adresse e-mail contient un seul « @ » : chloe@atelier-marchand.fr",
            "An email address contains one “@” only: chloe@marchand-studio.com",
        ),
        (
            "ch loe@atelier.fr",
            "Une adresse e-mail ne contient pas d’espace : chloe@atelier-marchand.fr",
            "An email address contains no space: chloe@marchand-studio.com",
        ),
        (
            "zo,e@atelier.fr",
            "Écrite ainsi, cette adresse ne recevrait rien. Une adresse ressemble à chloe@atelier-marchand.fr",
            "No mail would arrive at this address as it is written. One looks like chloe@marchand-studio.com",
        ),
        (
            "chloe@mail.invalid",
            "Aucun e-mail n’arrive à ce domaine. Une adresse ressemble à chloe@atelier-marchand.fr",
            "No mail arrives at this domain. An address looks like chloe@marchand-studio.com",
        ),
    ],
)
def test_an_address_that_does_not_fit(typed, french, english):
    code = address_fault(typed)
    assert said("fr", "email", code, typed) == french
    assert said("en", "email", code, typed) == english


@pytest.mark.parametrize(
    ("typed", "french", "english"),
    [
        ("06 39 98 12 3", "Ce numéro a 9 chiffres, il en faut 10.", "This number has 9 digits; it needs 10."),
        ("06.39.98.12.34.5", "Ce numéro a 11 chiffres, il en faut 10.", "This number has 11 digits; it needs 10."),
        (
            "call me",
            "Ce numéro n’est pas complet. Depuis un autre pays, commencez par « + », par exemple +44 20 7946 0018",
            "This number is not complete. From another country, start with “+”, for example +44 20 7946 0018",
        ),
        (
            "+999 123456789",
            "Aucun pays n’a cet indicatif. Un numéro étranger ressemble à +44 20 7946 0018",
            "No country has this code. A number from abroad looks like +44 20 7946 0018",
        ),
    ],
)
def test_a_number_that_does_not_fit(typed, french, english):
    code = phone_fault(typed)
    assert said("fr", "phone", code, typed) == french
    assert said("en", "phone", code, typed) == english


@pytest.mark.parametrize(
    ("field", "code", "french", "english"),
    [
        ("first_name", "empty", "Indiquez votre prénom.", "Enter your first name."),
        ("email", "empty", "Indiquez votre adresse e-mail.", "Enter your email address."),
        ("budget", "empty", "Remplissez « Votre budget ».", "Fill in “Votre budget”."),
        ("team", "no_choice", "Choisissez la réponse la plus proche.", "Choose the closest answer."),
        ("team", "choice", "Choisissez une des réponses.", "Choose one of the answers."),
        (
            "budget",
            "too_long",
            "Cette réponse est trop longue : 80 caractères au plus.",
            "This answer is too long: 80 characters at most.",
        ),
    ],
)
def test_an_answer_that_is_missing_or_does_not_fit(field, code, french, english):
    assert said("fr", field, code) == french
    assert said("en", field, code) == english


@pytest.mark.parametrize("typed", ["chloe@atelier-marchand.fr", "a+b@x.example", "CHLOE@ÉCOLE.FR", "o'neil@x.example"])
def test_an_address_that_is_right_has_no_fault(typed):
    assert address_fault(typed) is None


@pytest.mark.parametrize("typed", ["06 39 98 12 34", "+33 6 39 98 12 34", "0033639981234", "+44 20 7946 0018"])
def test_a_number_that_is_right_has_no_fault(typed):
    assert phone_fault(typed) is None


@pytest.mark.parametrize(
    ("count", "french", "english"),
    [
        (1, "Un champ à corriger", "One field to correct"),
        (3, "Trois champs à corriger", "Three fields to correct"),
        (12, "12 champs à corriger", "12 fields to correct"),
    ],
)
def test_the_summary_counts_in_words(count, french, english):
    assert headline(speech_in(Config(), "fr"), count) == french
    assert headline(speech_in(Config(), "en"), count) == english


def test_a_line_of_the_summary_names_the_field_without_its_question_mark():
    line = wrong(speech_in(Config(), "en"), FIELDS["team"], "team-1", "no_choice", "")
    assert (line.summary, line.anchor) == ("Équipe: an answer to choose", "team-1")

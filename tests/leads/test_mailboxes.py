"""Whose mailbox an address names: one person's, a desk's, or nobody's after use."""

import pytest

from leads.domains import is_at_work
from leads.mailboxes import DISPOSABLE, ROLE, kind_of


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("chloe@atelier.fr", None),
        ("chloe.marchand@orange.fr", None),
        ("chloe@laposte.net", None),
        ("chloe@free.fr", None),
        ("infographe@atelier.fr", None),
        ("contact.chloe@atelier.fr", None),
        ("chloe@duck.com", None),  # an alias that leads to a person for good
        ("contact@atelier.fr", ROLE),
        ("compta@atelier.fr", ROLE),
        ("comptabilité@atelier.fr", ROLE),
        ("accueil@mairie.fr", ROLE),
        ("service-client@atelier.fr", ROLE),
        ("service.client@atelier.fr", ROLE),
        ("ne-pas-repondre@atelier.fr", ROLE),
        ("contact+salon@atelier.fr", ROLE),
        ("bonjour@atelier.fr", ROLE),
        ("dpo@atelier.fr", ROLE),
        ("vie-scolaire@lycee.fr", ROLE),
        ("postmaster@atelier.fr", ROLE),
        ("chloe@yopmail.com", DISPOSABLE),
        ("chloe@yopmail.fr", DISPOSABLE),
        ("chloe@jetable.org", DISPOSABLE),
        ("chloe@courriel.fr.nf", DISPOSABLE),
        ("chloe@cool.fr.nf", DISPOSABLE),
        ("chloe@any.mailinator.com", DISPOSABLE),
        ("contact@yopmail.com", DISPOSABLE),
        ("chloe@notyopmail.com", None),
        ("chloe@com", None),
    ],
)
def test_an_address_is_told_by_what_stands_on_either_side_of_the_sign(address, kind):
    assert kind_of(address) == kind


@pytest.mark.parametrize(
    ("address", "then"),
    [
        ("chloe@atelier-marchand.fr", True),
        ("contact@atelier-marchand.fr", True),
        ("chloe@mail.atelier-marchand.fr", True),
        ("chloe@web-agence.fr", True),
        ("chloe@orange.com", True),  # the company, not its customers
        ("chloe@orange.fr", False),
        ("chloe@laposte.net", False),
        ("chloe@gmail.com", False),
        ("chloe@hotmail.fr", False),
        ("chloe@yahoo.co.uk", False),
        ("chloe@gmx.net", False),
        ("chloe@chloe.free.fr", False),
        ("contact@wanadoo.fr", False),
        ("chloe@yopmail.com", False),
        ("", False),
    ],
)
def test_an_address_at_work_has_a_domain_that_is_no_provider_s(address, then):
    assert is_at_work(address) is then

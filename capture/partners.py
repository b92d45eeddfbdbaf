"""Links that partners and vendors give on: the address of a page with a signed code, which says who brings the visitor.

Whom a code names is looked up in the settings: a partner who is taken out, or whose `round` was raised, brings nobody
any more by links that were given before.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from base.config import Config
from base.tokens import Signer, TokenExpired, TokenInvalid
from capture.addresses import absolute, page_path
from capture.touch import said_before
from leads.adding import source_of

PARAMETER, PURPOSE = "partner", "partner"
MAX_AGE = timedelta(days=3650)  # such links stand in what partners have printed; the settings end them
LONGEST = 300


def link_of(config: Config, signer: Signer, partner: str, page: str, locale: str) -> str:
    """The address that partner gives on. Raises KeyError for a partner whom the settings do not know."""
    code = signer.sign(PURPOSE, {"id": partner, "round": config.partner(partner).round})
    return f"{absolute(config, page_path(config, locale, page))}?{PARAMETER}={code}"


def brought_by(
    config: Config, signer: Signer, arguments: Mapping[str, str], referrer: str | None, own_hosts: Collection[str]
) -> str:
    """Who brings the visitor, as a lead's source says it (`partner:Agence Nord`); "" for nobody.

    Whoever comes from another of our pages, where a partner's link led them, is still brought by that partner.
    """
    code = arguments.get(PARAMETER)
    if code is None:
        code = said_before(referrer, own_hosts).get(PARAMETER)
    if not code or len(code) > LONGEST:
        return ""
    try:
        told = signer.open(PURPOSE, code, MAX_AGE)
        partner = config.partner(str(told.get("id")))
    except (TokenExpired, TokenInvalid, KeyError):
        return ""
    return source_of(partner.kind, partner.name) if told.get("round") == partner.round else ""

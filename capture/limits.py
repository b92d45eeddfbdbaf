"""Why a submission is held, which limits it counts against, and of which reasons a person is told."""

from authoring.models.forms import Form
from base.networks import network, outside
from base.tokens import keyed_hash
from capture import proof
from capture.door import Door
from leads.holding import UNWORKED
from leads.limits import SITE, Limit
from leads.mailboxes import DISPOSABLE, ROLE, kind_of

FLOODED = frozenset({"network", "form", "site"})
# Of the limit of an address nothing is told: it would say that somebody knows it. The others know the answers alone.
TOLD = FLOODED | {DISPOSABLE, ROLE, UNWORKED}


def limits_of(door: Door, form: str, reach: str, client: str) -> tuple[Limit, ...]:
    """For a submission of `form` by somebody reached at `reach` (address or number), from the client's address.

    Both are counted by a keyed hash that is another one every day; neither is kept.
    """
    most, today = door.config.limits, door.clocks.machine().date().isoformat()

    def hashed(kind: str, what: str) -> str:
        return keyed_hash(door.keys.session, f"{kind} {today} {what}")

    near = [Limit("address", hashed("address", reach), most.address_per_hour or None)]
    if outside(client):
        near.append(Limit("network", hashed("network", network(client)), most.network_per_hour or None))
    form_limit = Limit("form", f"form {form}", most.form_per_hour or None)
    return (*near, form_limit, Limit("site", SITE, most.site_per_hour or None))


def held_by_form(form: Form, address: str, challenge: str, found: str) -> str | None:
    """Why the form itself has these answers held: nobody worked for them, or such addresses are to be looked at.

    It is the same for an address that is known and one that is not.
    """
    if form.proof_of_work and not proof.is_done(challenge, found, form.proof_of_work):
        return UNWORKED
    kind = kind_of(address) if address else None
    return kind if kind is not None and getattr(form.addresses, kind) == "hold" else None

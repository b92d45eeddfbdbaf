"""Which limits a submission counts against, and what of it a person is told who comes over one."""

from base.networks import network, outside
from base.tokens import keyed_hash
from capture.door import Door
from leads.limits import SITE, Limit

TOLD = frozenset({"network", "form", "site"})  # of an address nothing is told: it would say that somebody knows it


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

"""Who may come into the console of the demo: those who sell, one who writes, one who runs the house."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from authoring.site import Site
from base.tokens import new_token
from console import passwords, staff
from console.staff import NewStaff
from terreau.house import House

LENGTH = 12  # characters of a made password: 71 bits, and short enough to be typed


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can come in, with the password of this demo."""

    staff_id: int
    email: str
    name: str
    role: str
    rep: str | None
    password: str


def open_accounts(house: House) -> list[Account]:
    """One for every rep of the definitions, one for whoever writes the mails, one for the house; with new passwords."""
    return [_open(house, new) for new in _members(house.releases.in_force())]


def _members(site: Site) -> Iterator[NewStaff]:
    """In no language yet: the console speaks the one in which they come in."""
    known = set()
    definitions = site.definitions
    for rep in definitions.hand_off.reps:
        known.add(rep.email)
        yield NewStaff(rep.email, rep.name, "sales", rep.id, locale="")
    writers = [sender for sender in definitions.senders.values() if sender.email not in known]
    for sender in writers[:1]:
        known.add(sender.email)
        yield NewStaff(sender.email, sender.name, "marketer", None, locale="")
    if definitions.house.email not in known:
        yield NewStaff(definitions.house.email, definitions.house.name, "admin", None, locale="")


def _open(house: House, new: NewStaff) -> Account:
    password = new_token()[:LENGTH]
    kept, now = passwords.hashed(password), house.clocks.machine()

    def job(conn: Connection) -> int:
        known = staff.by_email(conn, staff.address(new.email))
        if known is None:
            return staff.add(conn, new, kept, now)
        staff.set_password(conn, known.id, kept)
        return int(known.id)

    staff_id = house.database.write(job)
    return Account(staff_id, new.email, new.name, new.role, new.rep, password)

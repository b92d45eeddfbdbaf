"""Ids of other systems as staff give them to leads and take them away, entered in the audit chain."""

from sqlalchemy import Connection, delete

from base.clock import Moment
from base.saying import said
from base.translations import msgid
from leads.forgetting import Clerk, note
from leads.groups import group, survivor
from leads.naming import SYSTEM
from leads.outside import LONGEST, OutsideId, find, row_of
from storage.schema import outside_ids
from storage.upsert import insert_or_ignore

GIVEN, TAKEN = "outside_id_given", "outside_id_taken"  # what the audit chain calls it


class NoId(ValueError):
    """The id was not given; the sentence says why."""


def give(conn: Connection, lead_id: int, one: OutsideId, key: str, clerk: Clerk, now: Moment) -> bool:
    """Note that `one` is that lead's, in the audit chain too; whether that is news. Raises NoId: it cannot be an id, or
    is another lead's."""
    if not SYSTEM.fullmatch(one.system):
        unfit = msgid("`%(name)s` will not do as the name of a system: use lower-case letters, digits, - and _.")
        raise NoId(said(unfit, name=one.system[:60]))
    if not one.value or len(one.value) > LONGEST or not one.value.isprintable():
        raise NoId(said("An id has 1 to %(longest)s printable characters.", longest=LONGEST))
    if insert_or_ignore(conn, outside_ids, row_of(lead_id, one, now.machine)):
        note(conn, key, GIVEN, lead_id, clerk, now, system=one.system)
        return True
    whose = survivor(conn, find(conn, one) or lead_id)
    if whose != survivor(conn, lead_id):
        sentence = "%(system)s %(value)s is lead %(lead)s: merge the two if they are one."
        raise NoId(said(sentence, system=one.system, value=one.value, lead=whose))
    return False


def take(conn: Connection, lead_id: int, one: OutsideId, key: str, clerk: Clerk, now: Moment) -> bool:
    """It is not that lead's any more, and the audit chain says so; whether it was."""
    theirs = outside_ids.c.lead_id.in_(group(conn, lead_id))
    named = (outside_ids.c.system == one.system) & (outside_ids.c.value == one.value)
    if not conn.execute(delete(outside_ids).where(theirs, named)).rowcount:
        return False
    note(conn, key, TAKEN, lead_id, clerk, now, system=one.system)
    return True

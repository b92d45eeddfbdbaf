"""Two leads who are one: lists, files and the page of hits show what belongs to both, and part it again."""

import csv
import io

import pytest
from sqlalchemy import insert

from leads import merging, parting
from leads.identity import Capture, record
from reports.calls import Asking, call_of, to_call
from storage.schema import calls, hits, standings, tasks, wakes


class Both:
    """Ada, and the same woman under another address, who alone has a number, a company, a task and a hit."""

    def __init__(self, door):
        self.door = door
        self.kept = self._comes("ada@atelier.fr", first_name="Ada")
        self.gone = self._comes("lovelace@byron.fr", last_name="Lovelace", company="Byron", phone="+33612345678")
        door.database.write(self._has_more)

    def _comes(self, email, **columns):
        now, release = self.door.clocks.moment(), self.door.releases.in_force().release_id
        capture = Capture("demo", "demo", "fr", {}, {"email": email, **columns}, {}, (), {}, email, release)
        return self.door.database.write(lambda conn: record(conn, capture, now)).lead_id

    def _has_more(self, conn):
        now = self.door.clocks.moment()
        task = {
            "title": "Send the plan",
            "owner": "nadia",
            "due_at": now.calendar,
            "created_by": "ada",
            "at": now.calendar,
        }
        conn.execute(insert(tasks).values(lead_id=self.gone, **task))
        hit = insert(hits).values(
            lead_id=self.gone, kind="click", link="0", hidden=False, page="demo", marks=[], touched=False,
            klass="human", reasons=[["nothing_against", 0, 0]], at=now.machine,
        )  # fmt: skip
        self.hit = conn.execute(hit.returning(hits.c.id)).scalar_one()
        self._stand(conn, self.kept)
        self._stand(conn, self.gone)

    def _stand(self, conn, lead_id):
        now, release = self.door.clocks.calendar(), self.door.releases.in_force().release_id
        conn.execute(
            insert(standings).values(
                lead_id=lead_id, stage="iql", stage_since=now, cycle=1, engagement=50_000, fit=0, temperature="warm",
                interests={}, segments=[], buckets={}, verdict_seq=0, human_seq=1, as_of=now, release_id=release,
            )
        )  # fmt: skip
        conn.execute(wakes.update().where(wakes.c.lead_id == lead_id).values(folded_seq=wakes.c.seq))

    def merge(self):
        site, now = self.door.releases.in_force(), self.door.clocks.moment()
        self.door.database.write(lambda conn: merging.merge(conn, self.kept, self.gone, site, now))
        self._folded()

    def part(self):
        now = self.door.clocks.moment()
        self.door.database.write(lambda conn: parting.unmerge(conn, self.gone, now))
        self._folded()

    def _folded(self):
        fold = wakes.update().values(folded_seq=wakes.c.seq)
        self.door.database.write(lambda conn: conn.execute(fold) and None)


@pytest.fixture
def both(console_door):
    return Both(console_door)


def listed(client, query=""):
    """The lines of the list, each with its number."""
    return client.get(f"/console/leads{query}").text


def test_the_list_has_one_line_with_what_either_told_and_two_again_once_they_are_parted(staff_client, both):
    client = staff_client("marketer", "en")
    both.merge()
    page = listed(client)
    assert f'href="/console/leads/{both.kept}"' in page
    assert f'href="/console/leads/{both.gone}"' not in page
    assert "Ada Lovelace" in page
    assert "Byron" in page
    assert "Send the plan" in page
    both.part()
    page = listed(client)
    assert "Ada Lovelace" not in page
    assert f'href="/console/leads/{both.kept}"' in page


def test_whoever_has_a_task_by_the_other_is_not_left_alone(staff_client, both):
    client = staff_client("marketer", "en")
    assert f'href="/console/leads/{both.kept}"' in listed(client, "?following=none")
    both.merge()
    assert f'href="/console/leads/{both.kept}"' not in listed(client, "?following=none")
    both.part()
    assert f'href="/console/leads/{both.kept}"' in listed(client, "?following=none")


def test_a_list_that_is_taken_out_has_one_line_for_both(staff_client, both):
    admin = staff_client("admin", "en")

    def lines():
        text = admin.post("/console/exports", {}).get_data(as_text=True)
        return {row["email"]: row for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))}

    both.merge()
    [line] = lines().values()
    assert (line["email"], line["last_name"], line["company"]) == ("ada@atelier.fr", "Lovelace", "Byron")
    both.part()
    assert {email: row["company"] for email, row in lines().items()} == {
        "ada@atelier.fr": "",
        "lovelace@byron.fr": "Byron",
    }


def test_the_page_of_hits_shows_those_of_both_and_lets_them_be_judged(staff_client, both):
    client = staff_client("marketer", "en")
    page = f"/console/leads/{both.kept}/hits"
    assert "nothing speaks against it" not in client.get(page).text
    both.merge()
    assert "nothing speaks against it" in client.get(page).text
    assert client.post(f"{page}/{both.hit}", {"class": "machine"}).status_code == 303
    assert "somebody here said so" in client.get(page).text
    both.part()
    assert "somebody here said so" not in client.get(page).text
    assert client.post(f"{page}/{both.hit}", {"class": "human"}).status_code == 404


def test_they_are_called_by_the_number_of_either_and_tries_are_counted_together(staff_client, both, console_door):
    now, definitions = console_door.clocks.calendar(), console_door.site().definitions
    asking = Asking([None], (), console_door.config.site.timezone, console_door.keys.suppression, now, definitions)
    both.merge()
    with console_door.database.read() as conn:
        [call] = to_call(conn, asking, 0)
    assert (call.lead.id, call.lead.phone, call.tries) == (both.kept, "+33612345678", 0)
    row = {"lead_id": both.gone, "staff_id": None, "outcome": "reached", "note": None, "at": now}
    columns = {name: value for name, value in row.items() if name in calls.c}
    console_door.database.write(lambda conn: conn.execute(insert(calls).values(columns)) and None)
    with console_door.database.read() as conn:
        assert to_call(conn, asking, 0) == ()
        assert call_of(conn, both.kept, asking.zone).tries == 1

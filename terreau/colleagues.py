"""What those who sell do in the demo: answer hand-offs in time or late, call, note, and leave themselves things to do.

Every act goes through the verbs of the console; the last hand-offs before the end stay open, for whoever looks.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, select

from authoring.models.definitions import Definitions
from base.calendars import Zone, local_day, next_opening
from base.clock import Moment
from sales import deals
from sales.calling import Call, log_call
from sales.deals import Forecast, NoDeal
from sales.notebook import Author, add_note, add_task, note_bant, tick_task
from sales.verdicts import AnsweredBefore, Verdict, answer
from storage.schema import hand_offs, leads
from terreau.chances import between, happens, pick, weighted

WEEK, OPENS, CLOSES = ("mon", "tue", "wed", "thu", "fri"), "09:00", "18:30"
DELAYS = {30: 4, 75: 6, 140: 6, 200: 4, 620: 1, 1500: 1}  # minutes until an answer: most in time, a few late
VERDICTS = (  # in turn
    "accepted", "rejected", "accepted", "accepted", "recycled", "rejected", "accepted", "disqualified", "accepted",
    "rejected",
)  # fmt: skip
LAST_DAY = timedelta(hours=20, minutes=30)  # before the end: what is opened from then on nobody has looked at
CALLS = {"reached": 5, "voicemail": 2, "no_answer": 2, "callback": 2, "not_interested": 1}
BANT = {"yes": 4, "partial": 3, "unknown": 2, "no": 1}

CALL_NOTES = {
    "reached": (
        "Projet confirmé, deux postes. Préfère une démonstration sur son propre plan.",
        "Compare avec un autre logiciel, décide avant la fin du mois.",
        "A déjà un client pour cette pièce : veut la montrer jeudi.",
        "Seule à décider. Le prix n'est pas le sujet, le temps d'apprentissage oui.",
    ),
    "voicemail": ("Message laissé, je rappelle demain matin.", "Pas de réponse, message laissé."),
    "callback": ("En rendez-vous client, à rappeler en fin de journée.", "Demande qu'on la rappelle lundi."),
    "no_answer": (None,),
    "not_interested": ("Pas avant l'an prochain, le bureau déménage d'abord.",),
    "wrong_number": ("Ce numéro n'est plus le sien.",),
}
NOTES = (
    "Travaille sur DWG, reçoit ses plans d'un cabinet de Rennes. Vérifier l'import des calques.",
    "A vu la page de la démonstration deux fois cette semaine. Commencer par la lumière.",
    "Bonne candidate pour le témoignage de décembre, si la mise en route se passe bien.",
    "Son associé signe : l'inviter à la démonstration.",
    "Cherche surtout à chiffrer les variantes. Montrer le registre avant la 3D.",
)
TASKS = (
    "Envoyer l'invitation pour la démonstration",
    "Préparer la pièce à partir de son plan",
    "Relancer après la démonstration",
    "Envoyer le devis pour deux postes",
    "Répondre sur l'import IFC",
)
PLACES = ("Visioconférence", "À son atelier", "Au téléphone", "Chez nous, rue des Tilleuls")
AMOUNTS = {59_000: 4, 118_000: 3, 236_000: 2, 472_000: 1}  # hundredths: a year for one, two, four or eight seats
CALL_BACK = "Rappeler, comme convenu"
REMINDER = "Reprendre contact : le besoin devait revenir"

Act = Callable[[Connection, Moment], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """Something a colleague will do."""

    at: datetime
    act: Act


class Colleagues:
    """`authors` by the rep's id in the definitions. They act up to `end`; what is due later is left undone."""

    def __init__(self, authors: Mapping[str, Author], definitions: Definitions, zone: Zone, end: datetime) -> None:
        self._authors = authors
        self._definitions = definitions
        self._zone = zone
        self._end = end
        self._seen = 0

    def look(self, conn: Connection) -> list[Planned]:
        """What the hand-offs opened since the last look make them do."""
        new = (
            select(hand_offs.c.id, hand_offs.c.lead_id, hand_offs.c.owner, hand_offs.c.opened_at, leads.c.phone)
            .join(leads, leads.c.id == hand_offs.c.lead_id)
            .where(hand_offs.c.id > self._seen)
            .order_by(hand_offs.c.id)
        )
        planned: list[Planned] = []
        for row in conn.execute(new):
            self._seen = row.id
            planned += self._answer(row)
        return [one for one in planned if one.at < self._end]

    def _answer(self, row: Row[*tuple[Any, ...]]) -> Iterator[Planned]:
        author = self._authors.get(row.owner)
        if author is None or row.opened_at > self._end - LAST_DAY:
            return
        said = VERDICTS[row.id % len(VERDICTS)]
        at = self._at_work(row.opened_at + timedelta(minutes=weighted(DELAYS, row.id, "delay")))
        if row.phone:
            yield self._call(row, author, at - timedelta(minutes=6))
        yield Planned(at, partial(_decide, row.id, self._verdict(row, said, at), author))
        if said == "accepted":
            yield from self._take_on(row, author, at)

    def _verdict(self, row: Row[*tuple[Any, ...]], said: str, at: datetime) -> Verdict:
        reasons = [reason.id for reason in self._definitions.hand_off.reject_reasons]
        reason = pick(reasons, row.id, "reason") if said != "accepted" and reasons else None
        if said != "recycled":
            return Verdict(said, reason)
        return Verdict(said, reason, at + timedelta(days=between(50, 120, row.id)), REMINDER)

    def _call(self, row: Row[*tuple[Any, ...]], author: Author, at: datetime, *about: object) -> Planned:
        outcome = weighted(CALLS, row.id, "call", *about)
        text = pick(CALL_NOTES[outcome], row.id, *about)
        back_at = self._at_work(at + timedelta(hours=between(4, 30, row.id, "back"))) if outcome == "callback" else None

        def call(conn: Connection, now: Moment) -> None:
            log_call(conn, row.lead_id, Call(outcome, text, back_at=back_at, reminder=CALL_BACK), author, now)

        return Planned(at, call)

    def _take_on(self, row: Row[*tuple[Any, ...]], author: Author, at: datetime) -> Iterator[Planned]:
        """What follows when a lead is accepted: a note, what is known of the project, another call, something to do."""
        if happens(0.7, row.id, "note"):
            yield Planned(at + timedelta(minutes=4), partial(_note, row.lead_id, pick(NOTES, row.id, "note"), author))
        for item in self._definitions.bant:
            if happens(0.6, row.id, item.id):
                value = weighted(BANT, row.id, item.id, "value")
                yield Planned(at + timedelta(minutes=4), partial(_bant, row.lead_id, item.id, value, author))
        again = self._at_work(at + timedelta(days=between(1, 5, row.id, "again"), minutes=37))
        if row.phone and happens(0.6, row.id, "again"):
            yield self._call(row, author, again, "again")
        if happens(0.75, row.id, "meets"):
            yield from self._sell(row, author, at)
        soon = self._at_work(at + timedelta(days=between(1, 9, row.id, "due")))
        yield self._task(row, author, at + timedelta(minutes=9), soon)
        if happens(0.7, row.id, "these days"):
            yield self._task(row, author, again, self._end + timedelta(hours=between(-40, 96, row.id, "these days")))

    def _sell(self, row: Row[*tuple[Any, ...]], author: Author, at: datetime) -> Iterator[Planned]:
        """A meeting; after it mostly a deal, which is signed or lost some weeks later, or still open."""
        starts_at = self._at_work(at + timedelta(days=between(2, 8, row.id, "meeting")))
        place = pick(PLACES, row.id, "place")
        yield Planned(at + timedelta(minutes=11), partial(_meet, row.lead_id, starts_at, place, author))
        if not happens(0.8, row.id, "deal"):
            return
        amount = weighted(AMOUNTS, row.id, "amount")
        closes = self._at_work(starts_at + timedelta(days=between(10, 30, row.id, "closes")))
        likely = pick((None, 40, 60, 80), row.id, "likely")
        said = Forecast(amount, local_day(closes, self._zone), likely)
        yield Planned(starts_at + timedelta(hours=1), partial(_forecast, row.lead_id, said, author))
        if happens(0.55, row.id, "won"):
            yield Planned(closes, partial(_win, row.lead_id, said, author))
        elif happens(0.6, row.id, "lost"):
            reasons = self._definitions.lost_reasons
            yield Planned(closes, partial(_lose, row.lead_id, pick(reasons, row.id, "lost").id, said, author))

    def _task(self, row: Row[*tuple[Any, ...]], author: Author, at: datetime, due: datetime) -> Planned:
        """Something to do; most of what is past is done."""
        due = self._at_work(due)
        done = due < self._end - timedelta(days=2) and happens(0.85, row.id, "done")
        title = pick(TASKS, row.id, "task", due)

        def note(conn: Connection, now: Moment) -> None:
            task_id = add_task(conn, row.lead_id, title, due, row.owner, author, now)
            if done:
                tick_task(conn, task_id, True, author, now)

        return Planned(at, note)

    def _at_work(self, at: datetime) -> datetime:
        return next_opening(at, WEEK, OPENS, CLOSES, self._zone)


def _decide(hand_off_id: int, verdict: Verdict, author: Author, conn: Connection, now: Moment) -> None:
    with suppress(AnsweredBefore):
        answer(conn, hand_off_id, verdict, author, now)


def _note(lead_id: int, text: str, author: Author, conn: Connection, now: Moment) -> None:
    add_note(conn, lead_id, text, author, now)


def _bant(lead_id: int, item: str, value: str, author: Author, conn: Connection, now: Moment) -> None:
    note_bant(conn, lead_id, item, value, None, author, now)


def _meet(lead_id: int, starts_at: datetime, place: str, author: Author, conn: Connection, now: Moment) -> None:
    deals.book_meeting(conn, lead_id, starts_at, 45, place, author, now)


def _forecast(lead_id: int, said: Forecast, author: Author, conn: Connection, now: Moment) -> None:
    deals.forecast(conn, lead_id, said, author, now)


def _win(lead_id: int, said: Forecast, author: Author, conn: Connection, now: Moment) -> None:
    deals.win(conn, lead_id, said.amount, said.close_on, author, now)


def _lose(lead_id: int, reason: str, said: Forecast, author: Author, conn: Connection, now: Moment) -> None:
    with suppress(NoDeal):
        deals.lose(conn, lead_id, reason, said.close_on, author, now)

"""What each kind of visitor of the demo does, and when: dated acts for every one of the crowd, none of them certain.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from authoring.models.personas import Action
from base.calendars import local_day
from terreau.chances import between, happens, pick, share, weighted
from terreau.crowd import Somebody
from terreau.diary import ADVICE, LATER, SOON, WEBINARS, Diary, Span

NEEDS = {
    "fr": (
        "Une cuisine ouverte de 22 m² avec un îlot, plan coté au 1/50.",
        "Un plateau de bureaux de 140 m² à montrer au client le 20.",
        "La rénovation d'un duplex : deux niveaux, un escalier à refaire.",
        "Une boutique de 60 m², façade comprise. J'ai un DWG.",
        "Une chambre d'hôtel type, à décliner en douze variantes.",
        "Un séjour avec verrière. Mon client n'arrive pas à lire les plans.",
    ),
    "en": ("An open kitchen with an island, from a dimensioned plan.", "A small shop, front included. I have a DWG."),
}
JOBS = {
    "fr": ("Architecte d'intérieur", "Gérante", "Décoratrice", "Chef de projet", "Architecte d'intérieur indépendant"),
    "en": ("Interior architect", "Owner", "Designer"),
}


MONDAYS_SHARE = 0.6  # of those who would come on a weekend
PROFESSIONS = {"interior": 58, "decorator": 21, "architect": 13, "other": 8}
PRACTICES = {"none": 34, "slow": 41, "search": 25}

# ---------------------------------------------------------------- the kinds


def _reader(diary: Diary) -> None:
    """The letter, and nothing else."""
    at = diary.visit()
    diary.fill("lettre", at)
    if diary.likely(0.76, "confirm"):
        diary.confirm(at + SOON)
    if diary.likely(0.07, "leave"):
        diary.leave("lettre", diary.visit(after=between(12, 40, diary.who.number)))


def _taker(diary: Diary) -> None:
    """The guide without the box: taken, perhaps read, gone."""
    diary.ask_for_the_guide(*_practice_of(diary), consents=False)


def _learner(diary: Diary) -> None:
    """The guide and the advice; a click now and then, a few leave on the way."""
    diary.ask_for_the_guide(*_practice_of(diary), consents=True)
    diary.read_advice(0.24)
    if diary.likely(0.1, "leave"):
        day = diary.tuesday_after(diary.visit()) + timedelta(days=7 * between(0, 2, diary.who.number))
        diary.leave("conseils-3d" if diary.likely(0.6, "topic") else None, diary.span.visit(day, diary.who.number))


def _pricer(diary: Diary) -> None:
    """Comes for the variants, from a search for a contract clause."""
    at = diary.visit()
    diary.fill("variantes", at)
    if diary.likely(0.8, "download"):
        diary.download("variantes", at + SOON)
    if diary.likely(0.2, "letter"):
        diary.fill("lettre", at + LATER)


def _curious(diary: Diary) -> None:
    """Takes everything in one afternoon and never comes back."""
    diary.ask_for_the_guide(*_practice_of(diary), consents=True)
    at = diary.visit() + LATER
    diary.fill("variantes", at)
    diary.download("variantes", at + SOON)


def _student(diary: Diary) -> None:
    """Reads everything, is outside the target."""
    diary.ask_for_the_guide("other", "search", consents=True)
    diary.read_advice(0.55)


def _studio(diary: Diary) -> None:
    """An architect of interiors over several weeks: advice, variants, a webinar."""
    diary.ask_for_the_guide("interior", "slow", consents=True)
    diary.read_advice(0.5)
    at = diary.visit(after=between(9, 16, diary.who.number))
    if diary.likely(0.5, "variants"):
        diary.fill("variantes", at)
        diary.download("variantes", at + SOON)
    _at_webinars(diary, 0.5)


def _practice(diary: Diary) -> None:
    """A practice of six and more: asks for a demonstration after a while, or not."""
    diary.ask_for_the_guide("architect", "search", consents=True)
    diary.read_advice(0.3)
    if diary.likely(0.35, "demo"):
        _ask_for_a_demonstration(diary, diary.visit(after=between(6, 20, diary.who.number)), team="6-20")


def _decided(diary: Diary) -> None:
    """Asks for the demonstration at once."""
    _ask_for_a_demonstration(diary, diary.visit(), team=pick(("1", "2-5", "2-5", "6-20"), diary.who.number, "team"))


# ---------------------------------------------------------------- those of the last night and morning

# Before the end: what makes them hot, and when. The clocks of the console run at different places.
LOT = 11  # draws their first days so that each of two reps has some of them
LATE_TURNS = (
    ("demo", timedelta(hours=20, minutes=2)),  # late, and reminded
    ("variants", timedelta(hours=18, minutes=1)),
    ("demo", timedelta(hours=3, minutes=19)),
    ("advice", timedelta(minutes=9)),
    ("variants", timedelta(hours=1, minutes=24)),
    ("advice", timedelta(minutes=5)),
    ("demo", timedelta(minutes=42)),
    ("webinar", timedelta(hours=14, minutes=42)),
    ("advice", timedelta(minutes=2)),
)


def _turning(diary: Diary, what: str, before: timedelta) -> None:
    """Two weeks of interest, and the act that tips the scale just before the demo opens."""
    number, end = diary.who.number, diary.span.end
    diary.day = local_day(end, diary.span.zone) - timedelta(days=between(8, 12, number, LOT))
    at = diary.visit()
    practice = pick(("slow", "search"), number)
    diary.fill("guide-3d", at, profession="interior", practice=practice, consent_conseils=True)
    diary.confirm(at + SOON)
    diary.download("guide-3d", at + SOON)
    first = diary.tuesday_after(at + SOON)
    diary.click(diary.span.visit(first, number, "reads"), "niveaux")
    TIPS[what](diary, end - before)


def _reads_again(diary: Diary, at: datetime) -> None:
    diary.click(at, *ADVICE[1])


def _takes_variants(diary: Diary, at: datetime) -> None:
    diary.fill("variantes", at)
    diary.download("variantes", at + SOON)


def _ask_for_a_demonstration(diary: Diary, at: datetime, team: str = "2-5") -> None:
    number, locale = diary.who.number, diary.who.locale
    diary.fill(
        "demo",
        at,
        job_title=pick(JOBS[locale], number, "job"),
        team=team,
        timeline=pick(("now", "quarter", "quarter", "unknown"), number, "timeline"),
        need=pick(NEEDS[locale], number, "need"),
    )


TIPS: dict[str, Callable[[Diary, datetime], None]] = {
    "advice": _reads_again,
    "variants": _takes_variants,
    "demo": _ask_for_a_demonstration,
    "webinar": lambda diary, at: diary.attend(-1),
}

# ---------------------------------------------------------------- who is which

KINDS: dict[Callable[[Diary], None], float] = {
    _reader: 25, _taker: 24, _learner: 22, _pricer: 8, _curious: 5, _student: 4.5, _studio: 4.5, _practice: 3.5,
    _decided: 3.5,
}  # fmt: skip
LATE_EVERY = 33  # one of so many turns hot just before the end


def acts_of(who: Somebody, span: Span) -> Iterator[Action]:
    """What this one does, in the order of time, as far as it lies before the end."""
    diary = Diary(who, span, _first_day(who, span))
    late, odd = divmod(who.number, LATE_EVERY)
    if odd == LATE_EVERY // 2 and late < len(LATE_TURNS):
        _turning(diary, *LATE_TURNS[late])
    else:
        weighted(KINDS, who.number, "kind")(diary)
    ordered = sorted(diary.acts, key=lambda act: act.at)
    return (act for act in ordered if act.at < span.end)


def _first_day(who: Somebody, span: Span) -> date:
    """More of them lately than at first, few on weekends."""
    day = span.begin + timedelta(days=int(span.days * share(who.number, "day") ** 0.85))
    if day.weekday() >= 5 and happens(MONDAYS_SHARE, who.number, "monday"):
        day += timedelta(days=7 - day.weekday())
    return min(day, local_day(span.end, span.zone) - timedelta(days=1))  # the last morning is over early


def _practice_of(diary: Diary) -> tuple[str, str]:
    number = diary.who.number
    return weighted(PROFESSIONS, number, "profession"), weighted(PRACTICES, number, "practice")


def _at_webinars(diary: Diary, probability: float) -> None:
    for number, offset in enumerate(WEBINARS):
        if diary.span.end + offset > diary.visit() and diary.likely(probability, "webinar", number):
            diary.attend(number)

"""Steps in the viewer's words: every act has an icon and a title, waits and shares say how long and how wide."""

import tomllib

import pytest

from authoring.models.sequences import Sequence, Trigger
from authoring.models.steps import Step
from console.conditions import in_words
from console.context import viewer
from console.flow import ways_on
from console.names import Names
from console.step_words import ACT_ICONS, act_of, details_of, settings, trigger, wait_of

STEPS = [
    ('pick = { phase = "early" }', "The best text that is left", "Le meilleur texte qui reste"),
    ('task = { title = { fr = "Appeler", en = "Call" }, due = "1 day" }', "Call", "Appeler"),
    ('webhook = "crm"', "Tells crm", "Prévient crm"),
    ('enrol = "conseils-3d"', "Also begins 3D advice", "Commence aussi Conseils 3D"),
    ('split = [{ weight = 1, to = "b" }, { weight = 3, to = "c" }]', "By share", "Par part"),
    ("holdout = 10", "10 % go no further", "10 % ne vont pas plus loin"),
    ('jump = "a"\nmax_passes = 3', "Back to a, 3 times at most", "Retour à a, 3 fois au plus"),
    ('jump = "c"', "Goes on at c", "Continue à c"),
]
WAITS = [
    ('wait = "-3 days"\nwait_from = "fair_on"', "Waits until 3 days before the date in fair_on"),
    ('wait = "1 week"\nwait_from = "fair_on"', "Waits until 1 week after the date in fair_on"),
    ('wait = "1 week"\nwait_from = "entry"', "Waits 1 week after the entry"),
]


TRIGGERS = [
    ('segment = "x"', "comes into the segment x"),
    ('segment = "x"\non = "left"', "leaves the segment x"),
    ("score = 40", "engagement reaches 40"),
    ('score = 40\non = "falls"\nof = "fit"', "fit falls below 40"),
    ('date = "fair_on"', "the date in fair_on has come"),
    ('date = "fair_on"\noffset = "-3 days"', "3 days before the date in fair_on"),
    ('date = "fair_on"\noffset = "1 week"', "1 week after the date in fair_on"),
    ('sequence = "conseils-3d"', "comes to the end of 3D advice"),
    ('sequence = "conseils-3d"\non = "left"', "leaves 3D advice before its end"),
    ("manual = true", "is enrolled by hand"),
    ("api = true", "is enrolled by another program"),
]


@pytest.mark.parametrize(("written", "said"), TRIGGERS)
def test_who_comes_in_is_told(speaking, site, written, said):
    with speaking("en"):
        told = trigger(Trigger.model_validate(tomllib.loads(written)), site.sequences["conseils-3d"], site)
    assert told.replace("\xa0", " ") == said


def step(text):
    return Step.model_validate({"id": "a", **tomllib.loads(text)})


@pytest.mark.parametrize(
    ("written", "english", "french"),
    [
        ({"is": "en"}, "reads English", "lit en anglais"),
        ({"in": ["en", "fr"]}, "reads English or French", "lit en anglais ou français"),
        ({"is_not": "fr-CA"}, "does not read French", "ne lit pas en français"),
        ({"starts_with": "fr"}, "Language begins with fr", "Langue commence par fr"),
    ],
)
def test_a_language_is_called_by_its_name(speaking, site, written, english, french):
    for locale, wanted in (("en", english), ("fr", french)):
        with speaking(locale):
            assert in_words({"field": "locale", **written}, Names(site, viewer())) == wanted


def test_every_act_has_an_icon():
    assert set(ACT_ICONS) == set(Step.ACTS)


@pytest.mark.parametrize(("written", "english", "french"), STEPS)
def test_a_step_has_a_title_in_both_languages(speaking, site, written, english, french):
    for locale, wanted in (("en", english), ("fr", french)):
        with speaking(locale):
            assert act_of(step(written), "conseils-3d", site).replace("\u202f", " ").replace("\xa0", " ") == wanted


@pytest.mark.parametrize(("written", "said"), WAITS)
def test_a_wait_says_what_it_counts_from(speaking, written, said):
    with speaking("en"):
        assert wait_of(step(written)) == said


def test_the_small_print_tells_shares_phases_and_times(speaking, site):
    with speaking("en"):
        found = [line for written, *_ in STEPS for line in details_of(step(written), site)]
    assert found == ["of the phase early", "to be done within 1 day", "1 of 4 go to `b`", "3 of 4 go to `c`"]


def test_quiet_hours_and_days_off_are_told(speaking, site):
    keys = 'quiet_hours = { from = "21:00", to = "08:00" }\nholidays = ["FR", "2026-12-24"]\n'
    head = 'title = "T"\ntopic = "tips"\nsender = "ines"\n[[trigger]]\nform = "demo"\n[[step]]\nid = "a"\nexit = "x"\n'
    with speaking("en"):
        told = dict(settings(Sequence.model_validate(tomllib.loads(keys + head)), site))
    assert told["Sends"] == ["at any time", "never between 21:00 and 8:00"]
    assert told["Days off"] == ["FR, 2026-12-24"]


def test_a_way_back_is_told_and_a_split_is_drawn():
    text = 'title = "T"\ntopic = "tips"\nsender = "ines"\ntrigger = [{ form = "demo" }]\n'
    written = [
        tomllib.loads(f'id = "{name}"\n{act}')
        for name, act in zip("abc", ("exit = 'x'", *(s[0] for s in STEPS[-2:])), strict=True)
    ]
    sequence = Sequence.model_validate({**tomllib.loads(text), "step": [*written, {"id": "d", "exit": "x"}]})
    assert ways_on(sequence, sequence.step[1]) == ("c",)
    split = step(STEPS[4][0])
    assert ways_on(sequence, split) == ("b", "c")

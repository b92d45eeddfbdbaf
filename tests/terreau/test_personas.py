"""The personas of the example content live through the real house and come out as their files say."""

import pytest

from authoring.load import load_site
from authoring.tree import read_tree
from base.paths import data_path
from terreau.deeds import Misplayed
from terreau.personas import play_persona, unmet

CONTENT = data_path("content")
SITE, _ = load_site(read_tree(CONTENT))


@pytest.fixture(scope="module")
def lives():
    return {name: play_persona(persona, CONTENT) for name, persona in SITE.personas.items()}


def test_the_freelance_architect_is_highly_qualified_and_is_offered_the_demonstration(lives):
    """FEATURES, row 76: months of visits, documents, the letter, a webinar; the next best action is the CAD demo."""
    played = lives["architecte-independante"]
    assert unmet(SITE.personas["architecte-independante"], played, SITE) == []
    assert "mql" in [stage for _, stage in played.stages]
    assert played.interests[0] == "cao/3d"
    (brief,) = played.briefs
    assert "CAO" in brief["suggestion"]
    assert "conseils-3d/niveaux" in [email for _, email in played.mails]


def test_the_curious_of_one_afternoon_stays_below(lives):
    played = lives["curieux-d-un-apres-midi"]
    assert unmet(SITE.personas["curieux-d-un-apres-midi"], played, SITE) == []
    assert played.stage == "iql"
    assert played.briefs == ()


def test_a_life_can_be_lived_again_and_is_the_same(lives):
    again = play_persona(SITE.personas["curieux-d-un-apres-midi"], CONTENT)
    assert again == lives["curieux-d-un-apres-midi"]


def test_what_did_not_come_true_is_said_in_sentences(lives):
    curious, played = SITE.personas["curieux-d-un-apres-midi"], lives["architecte-independante"]
    wishes = curious.expect.model_copy(
        update={"stage_at_least": "customer", "top_interest": "prix/variantes", "suggestion_contains": "piano"}
    )
    said = unmet(curious.model_copy(update={"expect": wishes}), played, SITE)
    assert [sentence.split("» ")[1] for sentence in said] == [
        "reaches customer",
        "stays below mql",
        "is above all interested in prix/variantes",
        "is alerted with a suggestion of piano",
    ]


@pytest.mark.parametrize(
    ("acts", "sentence"),
    [
        ([{"do": "confirm"}], "the first act is a `submit`"),
        ([{"do": "submit", "form": "lettre"}, {"do": "download"}], "downloads a magnet that was not delivered"),
        ([{"do": "submit", "form": "lettre"}, {"do": "click", "step": "conseils-3d/niveaux"}], "which was not sent"),
    ],
)
def test_an_act_that_nobody_could_do_there_is_refused(acts, sentence):
    curious = SITE.personas["curieux-d-un-apres-midi"]
    first = curious.action[0]
    blank = {"form": None, "page": None, "answers": {}}
    actions = [first.model_copy(update={**blank, **act}) for act in acts]
    with pytest.raises(Misplayed, match=sentence):
        play_persona(curious.model_copy(update={"action": actions}), CONTENT)

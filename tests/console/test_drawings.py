"""The score as layers."""

from console.drawings import in_points, strata


def test_layers_stand_side_by_side_and_what_is_lost_is_taken_from_their_end():
    drawn = strata([{"what": "a", "points": "+40"}, {"what": "b", "points": "+60"}, {"what": "c", "points": "−8"}])
    assert [(layer.x, layer.width, layer.shade) for layer in drawn.layers] == [(0, 40, 1), (40, 60, 2)]
    assert (drawn.width, drawn.lost) == (100, 8)


def test_no_score_is_no_drawing_and_no_more_is_lost_than_was_earned():
    assert strata([]).width == 0
    assert strata([{"what": "a", "points": "+5"}, {"what": "b", "points": "−20"}]).lost == 5


def test_points_are_read_as_they_are_written():
    assert [in_points(text) for text in ("+40", "−8", "0", "")] == [40, -8, 0, 0]

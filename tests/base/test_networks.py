"""Which neighbourhood an address is of, however it is written."""

import pytest

from base.networks import network, outside


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("93.184.216.34", "93.184.216.99"),
        ("93.184.216.34", "::ffff:93.184.216.34"),
        ("2606:2800:220:1::1", "2606:2800:220:ffff::9"),
        ("2606:2800:220:1::1", "[2606:2800:220:1::1]:443"),
        ("2606:2800:220:1::1", " [2606:2800:220:1::1] "),
    ],
)
def test_neighbours_are_one_network(one, other):
    assert network(one) == network(other)
    assert outside(one)
    assert outside(other)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "[fe80::1]:443", "[", "", "evil<script>", "93.184.216"])
def test_what_is_inside_or_no_address_comes_from_nowhere(address):
    assert not outside(address)

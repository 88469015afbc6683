"""Who a text names."""

from __future__ import annotations

import pytest

from review_queue.mentions import Named, named_in

ANA, BEN, ANA_LIND, TWIN = (1, "Ana Ruiz"), (2, "Ben O'Brien"), (3, "Ana Lind"), (4, "Ben O'Brien")


@pytest.mark.parametrize(
    ("text", "keys", "unknown"),
    [
        ("Please look, @Ana Ruiz.", {1}, ()),
        ("@ana ruiz and @ANA LIND", {1, 3}, ()),
        ("@Ben knows the employer", {2}, ()),
        ("@Ana is two people", set(), ("Ana",)),
        ("@Ana Ruizhausen is somebody else", set(), ("Ana",)),
        ("write to maria@example.test or a.b@c.d", set(), ()),
        ("5 @ 3 %", set(), ()),
        ("(@Ben O'Brien)", {2}, ()),
        ("@Tom", set(), ("Tom",)),
        ("", set(), ()),
    ],
)
def test_a_name_after_an_at_is_a_person(text: str, keys: set[int], unknown: tuple[str, ...]) -> None:
    assert named_in(text, [ANA, BEN, ANA_LIND]) == Named(frozenset(keys), unknown)


def test_two_people_of_one_name_are_both_meant() -> None:
    assert named_in("@Ben O'Brien", [BEN, TWIN]) == Named(frozenset({2, 4}), ())
    assert named_in("@Ben", [BEN, TWIN]) == Named(frozenset(), ("Ben",))

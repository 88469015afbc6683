"""Sealed identities: what opens, what does not, and what nobody sees."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from django.test import override_settings

from tests.factories import make_application, make_lender, make_party, make_product
from underwriting.models import Party
from underwriting.people.identity import Identity, open_identity, person_index, seal_identity
from underwriting.people.sealing import (
    EncryptionNotConfigured,
    Erased,
    Unreadable,
    new_sealing_key,
    seal,
    unseal,
)

IDENTITY = Identity(
    given_name="Zoë", family_name="O'Brien", birth_date=date(1988, 4, 17), national_id="900-00-1234", email="z@example.test",
    telephone="+1 207 555 0199", address_lines=("12 Elm Street", "Portland, ME"), postcode="04101",
)  # fmt: skip
KEY_1, KEY_2 = b"1" * 32, b"2" * 32


def new_party(*, lender_id: int = 7) -> Party:
    public_id = uuid.uuid4()
    key = new_sealing_key(lender_id=lender_id, party_public_id=public_id)
    return Party(public_id=public_id, lender_id=lender_id, sealing_key=key)


def sealed_party() -> Party:
    party = new_party()
    party.identity = seal_identity(IDENTITY, party=party)
    return party


def test_what_was_sealed_opens_again_and_never_twice_the_same_bytes() -> None:
    party = sealed_party()

    assert open_identity(party) == IDENTITY
    assert party.identity != seal_identity(IDENTITY, party=party)
    assert b"Brien" not in party.identity


def test_a_ciphertext_moved_to_another_row_lender_or_column_does_not_open() -> None:
    party = sealed_party()

    for moved in (
        Party(public_id=uuid.uuid4(), lender_id=7, sealing_key=party.sealing_key, identity=party.identity),
        Party(public_id=party.public_id, lender_id=8, sealing_key=party.sealing_key, identity=party.identity),
        Party(public_id=party.public_id, lender_id=7, sealing_key=new_party().sealing_key, identity=party.identity),
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            open_identity(moved)
    with pytest.raises(Unreadable):
        unseal(party.identity, party=party, what="letter")


def test_swapping_the_identities_of_two_stored_parties_is_noticed(db: None) -> None:
    application = make_application(make_product(make_lender()))
    one, two = make_party(application), make_party(application, ordinal=2, given_name="Jonas")
    one.identity, two.identity = two.identity, one.identity
    one.save()
    two.save()

    for party in Party.objects.all():
        with pytest.raises(Unreadable):
            open_identity(party)


@pytest.mark.parametrize("column", ["identity", "sealing_key"])
def test_every_changed_byte_and_every_cut_is_noticed(column: str) -> None:
    party = sealed_party()
    whole = getattr(party, column)

    for index in range(len(whole)):
        for damaged in (whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :], whole[:index]):
            setattr(party, column, damaged)
            with pytest.raises(Unreadable):
                open_identity(party)


def test_without_its_key_nothing_of_a_person_opens_or_can_be_sealed() -> None:
    party = sealed_party()
    party.sealing_key = None

    with pytest.raises(Erased):
        open_identity(party)
    with pytest.raises(Erased):
        seal(b"more", party=party, what="message")


def test_after_a_rotation_old_rows_open_and_new_rows_use_the_new_key() -> None:
    with override_settings(FIELD_MASTER_KEYS={1: KEY_1}):
        old = sealed_party()
    with override_settings(FIELD_MASTER_KEYS={1: KEY_1, 2: KEY_2}):
        new = sealed_party()
        assert open_identity(old) == IDENTITY
    with override_settings(FIELD_MASTER_KEYS={2: KEY_2}):
        assert open_identity(new) == IDENTITY
        with pytest.raises(Unreadable, match="master key 1 is not configured"):
            open_identity(old)
    assert old.sealing_key is not None
    assert new.sealing_key is not None
    assert (old.sealing_key[1], new.sealing_key[1]) == (1, 2)


def test_without_keys_nothing_is_stored() -> None:
    with override_settings(FIELD_MASTER_KEYS={}), pytest.raises(EncryptionNotConfigured):
        new_party()
    with override_settings(FIELD_INDEX_KEY=b""), pytest.raises(EncryptionNotConfigured):
        person_index(lender_id=7, national_id="900-00-1234", birth_date=date(1988, 4, 17))


def test_the_index_finds_the_same_person_at_one_lender_however_the_number_is_written() -> None:
    def index(number: str, *, lender_id: int = 7, born: date = date(1988, 4, 17)) -> bytes:
        return person_index(lender_id=lender_id, national_id=number, birth_date=born)

    assert index("900-00-1234a") == index("900001234A ")
    assert (
        len(
            {
                index("900001234"),
                index("900001235"),
                index("900001234", lender_id=8),
                index("900001234", born=date(1988, 4, 18)),
            }
        )
        == 4
    )
    under_ours = index("900001234")
    with override_settings(FIELD_INDEX_KEY=b"another key of thirty-two bytes!"):
        assert index("900001234") != under_ours


def test_the_text_of_an_identity_shows_nothing() -> None:
    texts = (repr(IDENTITY), str(IDENTITY), f"{IDENTITY}", repr([IDENTITY]), repr({"person": IDENTITY}))

    for value in ("Zo", "Brien", "1988", "900", "z@", "555", "Elm", "04101"):
        assert not any(value in text for text in texts)

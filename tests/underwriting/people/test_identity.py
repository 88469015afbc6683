"""Sealed identities: what opens, what does not, and what nobody sees."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from django.test import override_settings

from tests.factories import make_application, make_lender, make_party, make_product
from underwriting.models import Party
from underwriting.people.identity import (
    EncryptionNotConfigured,
    Identity,
    IdentityUnreadable,
    open_identity,
    person_index,
    seal_identity,
)

IDENTITY = Identity(
    given_name="Zoë", family_name="O'Brien", birth_date=date(1988, 4, 17), national_id="900-00-1234", email="z@example.test",
    telephone="+1 207 555 0199", address_lines=("12 Elm Street", "Portland, ME"), postcode="04101",
)  # fmt: skip
KEY_1, KEY_2 = b"1" * 32, b"2" * 32


def party_of(sealed: bytes, *, lender_id: int, public_id: uuid.UUID) -> Party:
    return Party(identity=sealed, lender_id=lender_id, public_id=public_id)


def test_what_was_sealed_opens_again_and_never_twice_the_same_bytes() -> None:
    public_id = uuid.uuid4()
    sealed = seal_identity(IDENTITY, lender_id=7, party_public_id=public_id)

    assert open_identity(party_of(sealed, lender_id=7, public_id=public_id)) == IDENTITY
    assert sealed != seal_identity(IDENTITY, lender_id=7, party_public_id=public_id)
    assert b"Brien" not in sealed


def test_a_ciphertext_moved_to_another_row_or_lender_does_not_open() -> None:
    public_id = uuid.uuid4()
    sealed = seal_identity(IDENTITY, lender_id=7, party_public_id=public_id)

    for party in (
        party_of(sealed, lender_id=7, public_id=uuid.uuid4()),
        party_of(sealed, lender_id=8, public_id=public_id),
    ):
        with pytest.raises(IdentityUnreadable):
            open_identity(party)


def test_swapping_the_identities_of_two_stored_parties_is_noticed(db: None) -> None:
    application = make_application(make_product(make_lender()))
    one, two = make_party(application), make_party(application, ordinal=2, given_name="Jonas")
    one.identity, two.identity = two.identity, one.identity
    one.save()
    two.save()

    for party in Party.objects.all():
        with pytest.raises(IdentityUnreadable):
            open_identity(party)


def test_every_changed_byte_and_every_cut_is_noticed() -> None:
    public_id = uuid.uuid4()
    sealed = seal_identity(IDENTITY, lender_id=7, party_public_id=public_id)

    for index in range(len(sealed)):
        changed = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(IdentityUnreadable):
            open_identity(party_of(changed, lender_id=7, public_id=public_id))
        with pytest.raises(IdentityUnreadable):
            open_identity(party_of(sealed[:index], lender_id=7, public_id=public_id))


def test_after_a_rotation_old_rows_open_and_new_rows_use_the_new_key() -> None:
    public_id = uuid.uuid4()
    with override_settings(FIELD_MASTER_KEYS={1: KEY_1}):
        old = seal_identity(IDENTITY, lender_id=7, party_public_id=public_id)
    with override_settings(FIELD_MASTER_KEYS={1: KEY_1, 2: KEY_2}):
        new = seal_identity(IDENTITY, lender_id=7, party_public_id=public_id)
        assert open_identity(party_of(old, lender_id=7, public_id=public_id)) == IDENTITY
    with override_settings(FIELD_MASTER_KEYS={2: KEY_2}):
        assert open_identity(party_of(new, lender_id=7, public_id=public_id)) == IDENTITY
        with pytest.raises(IdentityUnreadable, match="master key 1 is not configured"):
            open_identity(party_of(old, lender_id=7, public_id=public_id))
    assert (old[1], new[1]) == (1, 2)


def test_without_keys_nothing_is_stored() -> None:
    with override_settings(FIELD_MASTER_KEYS={}), pytest.raises(EncryptionNotConfigured):
        seal_identity(IDENTITY, lender_id=7, party_public_id=uuid.uuid4())
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

"""References people can read over the telephone: A-7Q4M-2K, without 0/O and 1/I."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 characters: 30 random bits in six


def new_reference() -> str:
    """A random reference, A-XXXX-XX; one of 1,073,741,824, so the caller must be ready for one that is taken."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"A-{drawn[:4]}-{drawn[4:]}"

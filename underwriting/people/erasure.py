"""Forgetting the people of an application, so that what was decided about them stays provable.

Each party's data key goes, and with it whatever was sealed under it: name, letters, documents, messages. The keyed index by
which the same person would be found again is replaced by random bytes, and those of the words of their name by none. Facts, assessments, decisions and the hashes of what was
sent stay as they are: they name nobody.
"""

from __future__ import annotations

import secrets

from underwriting.models import ApplicantLink, Application, IdempotencyKey, Mail, Party

INDEX_BYTES = 32


def forget_people(application: Application) -> int:
    """Forget every party of an application in the caller's transaction, under its lock. Returns how many.

    Links stop being links, so that they are answered like any unknown one. A mail keeps when it went and the hash of what it
    carried; the answers of mail servers, which may repeat an address, go.
    """
    parties = list(Party.objects.filter(application=application))
    for party in parties:
        party.sealing_key, party.identity = None, b""
        party.person_index, party.word_indexes = secrets.token_bytes(INDEX_BYTES), []
        party.save(update_fields=["sealing_key", "identity", "person_index", "word_indexes"])
    ApplicantLink.objects.filter(application=application).delete()
    Mail.objects.filter(application=application).update(body=b"", attachment=b"", bounce="")
    Mail.objects.filter(application=application, on_paper=False).update(proof="")
    IdempotencyKey.objects.filter(application=application).delete()
    return len(parties)

"""Logs carry no person and no secret, however deep it sits in a call."""

from underwriting.config.logging import REDACTED, redact


def test_identity_and_secrets_are_cut_out_at_any_depth() -> None:
    event = {
        "event": "submitted",
        "application": "0b9e4a52-7f0e-4a38-9f2b-1f3f6c1f7a11",
        "National_ID": "123-45-6789",
        "party": {"given_name": "Maria", "amount": 12},
        "rows": [{"email": "m@example.com"}, ("plain", {"token": "t"})],
    }

    assert redact(None, "info", event) == {
        "event": "submitted",
        "application": "0b9e4a52-7f0e-4a38-9f2b-1f3f6c1f7a11",
        "National_ID": REDACTED,
        "party": {"given_name": REDACTED, "amount": 12},
        "rows": [{"email": REDACTED}, ["plain", {"token": REDACTED}]],
    }


def test_keys_and_link_tokens_inside_texts_are_cut_out() -> None:
    key = "uw_test_abcdefghij_ABCDEFGHIJKLMNOPQRSTUVWXYZ01234589abcdef"
    public_id = "0b9e4a52-7f0e-4a38-9f2b-1f3f6c1f7a11"
    event = {
        "event": f"refused {key}",
        "request": "GET /a/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4/decision/",
        "path": f"/api/v1/applications/{public_id}/timeline",
    }

    assert redact(None, "info", event) == {
        "event": f"refused uw_test_abcdefghij_{REDACTED}",
        "request": f"GET /a/{REDACTED}/decision/",
        "path": f"/api/v1/applications/{public_id}/timeline",
    }

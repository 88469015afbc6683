"""What a person reads when the demo is up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ROLE_ORDER = (
    "credit_officer",
    "senior_officer",
    "team_lead",
    "risk_manager",
    "risk_approver",
    "model_owner",
    "auditor",
    "admin",
)


def welcome(credentials: Mapping[str, Any], totals: Mapping[str, Any]) -> str:
    """The address, a working curl line, the logins and what was streamed."""
    base_url = credentials["base_url"]
    lender = credentials["lenders"]["harbour"]
    people = [
        f"  {email:<22} {entry['password']:<34} {entry['totp_secret']}  {_roles(entry['roles'])}"
        for email, entry in sorted(credentials["people"].items(), key=lambda item: _rank(item[1]["roles"]))
    ]
    return "\n".join(
        [
            "",
            f"  Open {base_url}/ and choose a person: one click signs in. With a password and an authenticator app:",
            "",
            f"  {'e-mail':<22} {'password':<34} {'TOTP secret':<32}  roles",
            *people,
            "",
            "  The API, as Harbour Lending's partner:",
            f"  curl -H 'Authorization: Bearer {lender['api_key']}' '{base_url}/api/v1/applications?limit=3'",
            f"  {base_url}/developers/ describes every call; the keys and people are in demo.json in the data directory.",
            "",
            (
                f"  {totals['submitted']} applications: {totals['approved']} approved, {totals['counteroffered']} counteroffers, "
                f"{totals['declined']} declined, {totals['referred']} wait for a person; "
                f"{totals['incomplete']} more for what is missing."
            ),
            "",
        ]
    )


def _rank(roles: list[Mapping[str, str]]) -> int:
    return min(
        (ROLE_ORDER.index(r["role"]) for r in roles if r["role"] in ROLE_ORDER), default=len(ROLE_ORDER)
    )


def _roles(roles: list[Mapping[str, str]]) -> str:
    by_role: dict[str, list[str]] = {}
    for entry in roles:
        by_role.setdefault(entry["role"].replace("_", " "), []).append(entry["lender"])
    return "; ".join(f"{role} at {', '.join(lenders)}" for role, lenders in by_role.items())

"""The picture an authenticator app reads, drawn as one SVG path so that no image or script is needed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

ISSUER = "Underwriting"
QUIET_MODULES = 4


@dataclass(frozen=True, slots=True)
class QrPath:
    """`size` in modules, quiet zone included; `d` draws every dark module as a unit square."""

    size: int
    d: str


def provisioning_uri(*, email: str, secret: str) -> str:
    """The `otpauth://` address of this person's secret (Key Uri Format)."""
    label = quote(f"{ISSUER}:{email}")
    return (
        f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER, 'digits': 6, 'period': 30})}"
    )


def qr_path(text: str) -> QrPath:
    import qrcode  # type: ignore[import-untyped]  # noqa: PLC0415  it loads Pillow, which no web process needs at its start
    from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]  # noqa: PLC0415

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return QrPath(size=len(rows), d="".join(squares))

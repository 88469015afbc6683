"""Where a product is offered at all: asked at intake, before anything is scored. Pure."""

from __future__ import annotations

from underwriting.policy.schema import PolicyDocument


def in_segment(document: PolicyDocument, *, channel: str, purpose: str) -> bool:
    """False when the policy does not offer the product to this channel or for this purpose; an unstated one is not held against anyone."""
    channels, purposes = document.segments.channels, document.segments.purposes
    return (not channels or not channel or channel in channels) and (
        not purposes or not purpose or purpose in purposes
    )

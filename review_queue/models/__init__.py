"""Tables of the review queue: cases and held decisions, appeals, messages, and how cases move between people and time."""

from review_queue.models.appeal import Appeal
from review_queue.models.case import HeldDecision, ReviewCase
from review_queue.models.flow import (
    ApplicantRequest,
    Conflict,
    Handover,
    Skill,
    Skip,
    Tag,
    Watch,
)
from review_queue.models.message import Message

__all__ = [
    "Appeal",
    "ApplicantRequest",
    "Conflict",
    "Handover",
    "HeldDecision",
    "Message",
    "ReviewCase",
    "Skill",
    "Skip",
    "Tag",
    "Watch",
]

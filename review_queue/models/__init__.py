"""Tables of the review queue: cases, decisions and second answers, appeals, messages, notes, views, and how cases move."""

from review_queue.models.appeal import Appeal
from review_queue.models.case import HeldDecision, ReviewCase
from review_queue.models.exception_use import ExceptionUse
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
from review_queue.models.note import Note, NoteMention, Phrase
from review_queue.models.saved_view import SavedView
from review_queue.models.second_answer import SecondAnswer

__all__ = [
    "Appeal",
    "ApplicantRequest",
    "Conflict",
    "ExceptionUse",
    "Handover",
    "HeldDecision",
    "Message",
    "Note",
    "NoteMention",
    "Phrase",
    "ReviewCase",
    "SavedView",
    "SecondAnswer",
    "Skill",
    "Skip",
    "Tag",
    "Watch",
]

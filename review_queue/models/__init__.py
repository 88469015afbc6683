"""Tables of the review queue: cases and held decisions, second answers, appeals, messages, notes."""

from review_queue.models.appeal import Appeal
from review_queue.models.case import HeldDecision, ReviewCase
from review_queue.models.message import Message
from review_queue.models.note import Note, NoteMention
from review_queue.models.second_answer import SecondAnswer

__all__ = ["Appeal", "HeldDecision", "Message", "Note", "NoteMention", "ReviewCase", "SecondAnswer"]

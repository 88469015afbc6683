"""Tables of the review queue: cases and held decisions, appeals, messages."""

from review_queue.models.appeal import Appeal
from review_queue.models.case import HeldDecision, ReviewCase
from review_queue.models.message import Message

__all__ = ["Appeal", "HeldDecision", "Message", "ReviewCase"]

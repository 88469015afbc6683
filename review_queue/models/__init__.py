"""Tables of the review queue: cases and held decisions, appeals, messages, saved views."""

from review_queue.models.appeal import Appeal
from review_queue.models.case import HeldDecision, ReviewCase
from review_queue.models.message import Message
from review_queue.models.saved_view import SavedView

__all__ = ["Appeal", "HeldDecision", "Message", "ReviewCase", "SavedView"]

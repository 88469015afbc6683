"""The sentences of the applicants' pages in the language of the page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, key: str, *more: str, **values: Any) -> str:
    """A standing sentence; parts of a key are put together with dots: `{% say "state" status "heading" %}`."""
    return str(context["texts"].say(".".join([key, *map(str, more)]), **values))

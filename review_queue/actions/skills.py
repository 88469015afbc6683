"""What people know: the products they decide and the languages they read, at one lender."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from review_queue.models import Skill
from review_queue.permissions import MayNotLead
from review_queue.workers import workers_of
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import Language, Role, SkillKind
from underwriting.models import Lender, Product, User

LANGUAGES: Mapping[str, str] = {
    Language.ENGLISH.value: "English",
    Language.SPANISH.value: "Spanish",
    Language.HINDI.value: "Hindi",
}


class SkillsRefused(ValueError):
    """The skills cannot be kept so; the message says what to do."""


def products_of(lender: Lender) -> list[tuple[str, str]]:
    """What can be known of the lender's products: code and name."""
    return list(Product.objects.filter(lender=lender).order_by("name").values_list("code", "name"))


@transaction.atomic
def set_skills(
    *,
    lender: Lender,
    person: str,
    products: Collection[str],
    languages: Collection[str],
    roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> User:
    """Say what a person knows, in place of what was said before. None of a kind: they are taken to know all of it.

    `person` is their public id. Raises MayNotLead, and SkillsRefused for somebody, a product or a language that is not there.
    """
    if Role.TEAM_LEAD not in roles:
        raise MayNotLead("a team lead says what people know")
    users = (worker.user for worker in workers_of(lender.pk))
    user = next((user for user in users if str(user.public_id) == person), None)
    if user is None:
        raise SkillsRefused("Choose somebody who decides cases here.")
    if not set(products) <= {code for code, _ in products_of(lender)} or not set(languages) <= set(LANGUAGES):
        raise SkillsRefused("Choose products and languages of the list.")
    wanted = {(SkillKind.PRODUCT.value, code) for code in products} | {
        (SkillKind.LANGUAGE.value, code) for code in languages
    }
    rows = Skill.objects.select_for_update().filter(lender=lender, user=user)
    before = {(row.kind, row.value) for row in rows}
    if before == wanted:
        return user
    rows.delete()
    Skill.objects.bulk_create(
        Skill(lender=lender, user=user, kind=kind, value=value) for kind, value in sorted(wanted)
    )
    record_entry(
        actor=actor, action="person.skills_set", object_type="person", object_id=str(user.public_id), object_label=user.name,
        lender_id=lender.pk, before=_shown(before), after=_shown(wanted), now=now,
    )  # fmt: skip
    return user


def _shown(skills: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    return {kind.lower(): sorted(value for one, value in skills if one == kind) for kind in SkillKind}

"""Staff: who may sign in, and what they are at which lender."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from underwriting.enums import Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, email: str, name: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), name=name, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person on the staff of one or more lenders. Rights come from memberships alone; there is no superuser."""

    # Names the person in addresses and in the audit trail: a number would tell an administrator who has just invited
    # somebody whether the account is older than the invitation, and so that another lender has them.
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    session_series = models.PositiveIntegerField(
        default=0, help_text="Counted up to end every session of the person."
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]

    def get_session_auth_hash(self) -> str:
        """What a session must fit: a new password ends all sessions, and so does the next session series."""
        return salted_hmac(
            "underwriting.models.person.session", f"{self.session_series}|{self.password}", algorithm="sha256"
        ).hexdigest()


class MembershipInForceManager(models.Manager["Membership"]):
    """Leaves out suspended and not yet accepted memberships, so that whoever forgets about either refuses rather than admits."""

    def get_queryset(self) -> models.QuerySet[Membership]:
        return super().get_queryset().filter(suspended_at__isnull=True, invited_at__isnull=True)


class Membership(models.Model):
    """One role of one person at one lender. `objects` sees those in force; `in_any_state` is for the admin screens."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=24, choices=[(r.value, r.value) for r in Role])
    since = models.DateTimeField()
    suspended_at = models.DateTimeField(
        null=True, help_text="Set on all roles of a person at a lender together."
    )
    invited_at = models.DateTimeField(
        null=True,
        help_text="Waits for the person to accept the invitation made then; on all roles at a lender together.",
    )
    invited_as = models.CharField(
        max_length=120, blank=True, help_text="The name in the invitation, until the person has accepted."
    )

    objects: ClassVar[MembershipInForceManager] = MembershipInForceManager()
    in_any_state: ClassVar[models.Manager[Membership]] = models.Manager()

    class Meta:
        base_manager_name = "in_any_state"
        constraints = [
            models.UniqueConstraint(fields=["user", "lender", "role"], name="one_membership_a_role")
        ]


class Preference(models.Model):
    """How a person wants the screens: theme, density, keys, what comes after a decision. Follows the person, not the browser."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    theme = models.CharField(
        max_length=6, default="system", choices=[(t, t) for t in ("system", "light", "dark")]
    )
    density = models.CharField(
        max_length=12, default="compact", choices=[(d, d) for d in ("comfortable", "compact", "dense")]
    )
    shortcuts_enabled = models.BooleanField(default=True)
    keys = models.JSONField(
        default=dict, help_text="Their own key for a command, by the command's usual key."
    )
    after_decision = models.CharField(
        max_length=4, default="next", choices=[(a, a) for a in ("next", "stay")]
    )
    contributions_as_table = models.BooleanField(default=False)
    lender = models.ForeignKey("underwriting.Lender", null=True, on_delete=models.SET_NULL, related_name="+")


class SignInGuard(models.Model):
    """Failed attempts to sign in under one address, known or not; shared by all web processes."""

    address_sha256 = models.CharField(
        max_length=64, unique=True, help_text="Of the address in lower case, so that guesses are not stored."
    )
    failed_count = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)

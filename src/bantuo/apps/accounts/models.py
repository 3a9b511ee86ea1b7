"""Who may sign in: people with roles, either of one seller or of the operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from bantuo.apps.parties.models import Seller


class Role(models.TextChoices):
    """What a person does. Seller roles need a seller; operator roles may not have one."""

    SELLER_OWNER = "seller_owner"
    SELLER_LISTING = "seller_listing"
    SELLER_STOCK = "seller_stock"
    SELLER_FINANCE = "seller_finance"
    REVIEWER = "operator_reviewer"
    POLICY = "operator_policy"
    FINANCE = "operator_finance"
    WAREHOUSE = "operator_warehouse"
    AUDITOR = "operator_auditor"
    ADMINISTRATOR = "operator_administrator"


SELLER_ROLES = frozenset(role.value for role in Role if role.value.startswith("seller_"))
OPERATOR_ROLES = frozenset(role.value for role in Role) - SELLER_ROLES


class UserManager(BaseUserManager["User"]):
    """Makes users by their address, which is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """A user with that address; without a password nobody can sign in as it yet."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        """For Django's plain admin only."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    seller = models.ForeignKey(Seller, models.PROTECT, null=True, blank=True, related_name="users")
    roles = ArrayField(models.TextField(), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    invited_at = models.DateTimeField(
        null=True, blank=True, help_text="when the waiting invitation was sent; null: none waits"
    )
    sign_outs = models.IntegerField(default=0, help_text="every session from before the last count is over")
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                condition=Q(seller__isnull=True, roles__contained_by=sorted(OPERATOR_ROLES))
                | Q(seller__isnull=False, roles__contained_by=sorted(SELLER_ROLES)),
                name="user_roles_fit",
            ),
        ]

    @property
    def actor(self) -> str:
        """How this person is named in what the programme records."""
        return f"user:{self.pk}"

    @property
    def is_operator(self) -> bool:
        return bool(OPERATOR_ROLES.intersection(self.roles))

    @property
    def state(self) -> str:
        """active, invited (has not set a password yet) or deactivated."""
        return "active" if self.is_active else "invited" if self.invited_at else "deactivated"

    def get_session_auth_hash(self) -> str:
        """What a session must know to be this person's: a new password or a sign-out everywhere ends it."""
        return f"{super().get_session_auth_hash()}{self.sign_outs}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under former secret keys."""
        for known in super().get_session_auth_fallback_hash():
            yield f"{known}{self.sign_outs}"

"""Browsers of the operator's people, and what they read on a page."""

from __future__ import annotations

import re
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client

from bantuo.apps.accounts.models import User


def client_of(person: User, *, language: str = "en") -> Client:
    """A person's browser, second factor and all."""
    person.language = language
    person.save(update_fields=["language"])
    Authenticator.objects.get_or_create(
        user=person, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "x"}}
    )
    client = Client()
    client.force_login(person)
    return client


def text_of(response: Any) -> str:
    """What a person reads of the content, in one line."""
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())

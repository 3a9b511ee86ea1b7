"""Who did something, as pages name them: people, programs, the system."""

from __future__ import annotations

import pytest
from django.utils import translation

from bantuo.apps.accounts.models import User
from bantuo.interfaces.web.templatetags.ui import actor


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("key:7", "API key 7", "API 密钥 7"),
        ("app:500123", "ERP app 500123", "ERP 应用 500123"),
        ("system:jobs", "system", "系统"),
        ("user:999999", "user:999999", "user:999999"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_who_did_it(name: str | None, english: str, chinese: str) -> None:
    with translation.override("en"):
        assert actor(name) == english
    with translation.override("zh-hans"):
        assert actor(name) == chinese


@pytest.mark.django_db
def test_a_person_is_named() -> None:
    person = User.objects.create_user("ada@example.com", "seven-small-lanterns-9", name="Ada")
    assert actor(f"user:{person.pk}") == "Ada"

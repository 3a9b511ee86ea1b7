"""What a chat group's robot says, in the language that its seller chose for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _


def robot_words(topic: str, payload: Mapping[str, Any], *, language: str) -> tuple[str, str]:
    """Title and Markdown text of a message; a word that DingTalk may ask for as keyword stands in each."""
    with translation.override(language):
        if topic == "day_warned":
            return _warning(payload)
        title = _("Bantuo: the robot works")
        told = _("This group will be told here when a day's stock is not complete before the cut-off.")
        return title, f"### {title}\n{told}"


def _warning(payload: Mapping[str, Any]) -> tuple[str, str]:
    title = _("Bantuo: stock not complete")
    until = timezone.localtime(datetime.fromisoformat(payload["cutoff_at"]))
    told = {**payload, "time": f"{until:%H:%M}"}
    text = _("%(missing)s of %(listed)s SKU × warehouse are not stated for %(day)s.") % told
    todo = _("State them by %(time)s, Beijing time: else open orders for them turn back to you.") % told
    link = f"{settings.BASE_URL}{reverse('seller:stock')}?show=missing"
    return title, f"### {title}\n{text}\n\n{todo}\n\n[{_('See what is missing')}]({link})"

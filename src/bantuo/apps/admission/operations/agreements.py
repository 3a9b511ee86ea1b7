"""Versions of 《半托管服务协议》: published from a day on, and signed as the version in force that day."""

from __future__ import annotations

import importlib.resources
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.admission.joining_queries import agreement_in_force
from bantuo.apps.admission.models import AgreementText, ApplicationState
from bantuo.apps.admission.operations.deposits import demand_deposits
from bantuo.apps.admission.operations.joining import AgreementUnreadable, sign_agreements
from bantuo.apps.admission.queries import latest_application
from bantuo.apps.events.operations import emit_events
from bantuo.apps.sql import run_statement
from bantuo.core.agreement import normalise_text, text_sha256
from bantuo.core.policy import Book

STARTER_VERSION = "1"
PROGRAMME_RULE = "PRG-1"  # the day the programme opened


class VersionTaken(ValueError):
    """That version is published with another text or another day: a published text never changes."""


class VersionTooEarly(ValueError):
    """A new version holds from a day after the last one's, and never from a day that is past."""


class AgreementChanged(ValueError):
    """What the seller read is not the version in force: it is to be read again."""


@transaction.atomic
def publish_agreement(
    version: str,
    *,
    text_zh: str,
    text_en: str,
    effective_from: date,
    on: date,
    now: datetime,
    actor: str,
) -> AgreementText:
    """Publish a version of the agreement from a day on, which is not past; sellers then sign it anew.

    Published again with the same text and day it stays as it is. Raises AgreementUnreadable for a
    blank version or language, VersionTaken, VersionTooEarly.
    """
    zh, en = normalise_text(text_zh), normalise_text(text_en)
    if not version.strip() or not zh or not en or "\x00" in version + zh + en:
        raise AgreementUnreadable(f"version {version!r}: a version and its text in both languages are needed")
    _wait_for_other_publishers()
    text = AgreementText(
        version=version.strip(),
        text_zh=zh,
        text_en=en,
        text_sha256=text_sha256(zh=zh, en=en),
        effective_from=effective_from,
        published_at=now,
        published_by=actor,
    )
    return _published(text) or _publish(text, on=on)


def _wait_for_other_publishers() -> None:
    run_statement("SELECT pg_advisory_xact_lock(hashtext('bantuo.agreement_text'))")


def _published(text: AgreementText) -> AgreementText | None:
    """The version as it stands, if it does; raises VersionTaken when it says something else."""
    held = AgreementText.objects.filter(version=text.version).first()
    if held is None:
        return None
    if (held.text_sha256, held.effective_from) != (text.text_sha256, text.effective_from):
        raise VersionTaken(f"version {text.version} is published with another text or another day")
    return held


def _publish(text: AgreementText, *, on: date) -> AgreementText:
    last = AgreementText.objects.order_by("-effective_from").first()
    if last is not None and (text.effective_from < on or text.effective_from <= last.effective_from):
        earliest = f"after {last.effective_from} and not before {on}"
        raise VersionTooEarly(f"version {text.version} from {text.effective_from}: it may begin {earliest}")
    text.save()
    told = {"version": text.version, "from": text.effective_from.isoformat(), "by": text.published_by}
    emit_events("agreement.published", [(None, f"agreement:{text.pk}", told)], at=text.published_at)
    return text


@transaction.atomic
def publish_starter_agreement(*, book: Book, on: date, now: datetime, actor: str) -> AgreementText:
    """Publish the text that ships with Bantuo as version 1, unless a text is published; the one in force.

    It holds from the day the programme opened, so that whoever joined before finds a text.
    """
    _wait_for_other_publishers()
    held = agreement_in_force(on) or AgreementText.objects.order_by("effective_from").first()
    if held is not None:
        return held
    zh, en = starter_texts()
    opened = min(book.amount(PROGRAMME_RULE, on), on)
    return publish_agreement(
        STARTER_VERSION, text_zh=zh, text_en=en, effective_from=opened, on=on, now=now, actor=actor
    )


def starter_texts() -> tuple[str, str]:
    """The agreement that ships with Bantuo, in Chinese and in English: a template of ours."""
    home = importlib.resources.files("bantuo").joinpath("policybook", "starter")
    zh, en = (home.joinpath(f"agreement.{language}.md").read_text("utf-8") for language in ("zh", "en"))
    return zh, en


@transaction.atomic
def sign_current_agreement(
    seller_id: int,
    *,
    version: str,
    text_sha256: str,
    signed_by: str,
    address: str,
    book: Book,
    on: date,
    now: datetime,
    actor: str,
) -> int:
    """Sign the version in force as the seller read it (step ③) and ask for the deposit; 1 when it is new.

    Raises AgreementChanged when another version is in force by now, AgreementUnreadable,
    IllegalTransition.
    """
    current = agreement_in_force(on)
    if current is None or (current.version, current.text_sha256) != (version, text_sha256):
        in_force = current.version if current else "none"
        raise AgreementChanged(f"version {version} was read, in force is {in_force}")
    signed = sign_agreements(
        [seller_id],
        version=version,
        text_sha256=text_sha256,
        signed_by=signed_by,
        address=address,
        now=now,
        actor=actor,
    )
    application = latest_application(seller_id)
    if signed and application is not None and application.state == ApplicationState.AGREEMENT_SIGNED:
        demand_deposits([seller_id], book=book, on=on, now=now, actor=actor)
    return signed

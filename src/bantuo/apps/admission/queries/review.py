"""What a reviewer goes by: who holds an application, what was judged, what still stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.models import Appeal, Application, Assessment, Finding, Override, ReviewItem
from bantuo.apps.admission.queries.standing import OPEN
from bantuo.apps.documents.models import Document, DocumentTick
from bantuo.apps.documents.queries import profile_documents
from bantuo.core.documents import DocumentRule


def active_reviewers() -> list[User]:
    """Who may be given an application, by name."""
    found = User.objects.filter(seller__isnull=True, is_active=True, roles__contains=[Role.REVIEWER.value])
    return sorted(found, key=lambda user: (user.name or user.email, user.pk))


def reviewer_behind(actor: str) -> User | None:
    """The reviewer named `user:12`; None for the system and for people who review nothing."""
    kind, _, number = actor.partition(":")
    if kind != "user" or not number.isdecimal():
        return None
    return User.objects.filter(pk=int(number), is_active=True, roles__contains=[Role.REVIEWER.value]).first()


def current_items(application: Application) -> dict[str, ReviewItem]:
    """The last word on each part of an application, by subject."""
    last = ReviewItem.objects.filter(application=application).order_by("subject", "-id").distinct("subject")
    return {item.subject: item for item in last}


def unsettled_items(application: Application) -> list[ReviewItem]:
    """The parts that a reviewer refuses, or asked the seller to mend, by the last word on each."""
    return [item for item in current_items(application).values() if item.verdict != "ok"]


def overridden_rules(application: Application) -> frozenset[str]:
    """The gates that two people have set aside for this application."""
    confirmed = Override.objects.filter(application=application, confirmed=True)
    return frozenset(rule for rules in confirmed.values_list("rules", flat=True) for rule in rules)


def waiting_override(application: Application) -> Override | None:
    """The override that waits for its second person."""
    return Override.objects.filter(application=application, decided_at__isnull=True).first()


def open_appeal_of(application: Application) -> Appeal | None:
    """The appeal that waits for its answer."""
    return Appeal.objects.filter(application=application, decided_at__isnull=True).first()


def open_gates(report: Assessment) -> list[Finding]:
    """What stands between the seller and admission, in the book's order."""
    return list(Finding.objects.filter(assessment=report, status__in=OPEN).order_by("id"))


def standing_gates(application: Application, report: Assessment) -> list[str]:
    """The open gates that nobody has set aside: while there is one, the seller is not let in."""
    set_aside = overridden_rules(application)
    return [finding.rule for finding in open_gates(report) if finding.rule not in set_aside]


def unseen_items(seller_id: int, rules: Iterable[DocumentRule]) -> list[str]:
    """The items of the tick-lists that no reviewer has looked at yet, `DOC-1:company_seal`."""
    handed = {told["kind"]: told.get("ticks", {}) for told in profile_documents(seller_id)}
    asked = [(rule.kind, tick) for rule in rules if rule.kind in handed for tick in rule.ticks]
    return [f"{kind}:{tick}" for kind, tick in asked if tick not in handed[kind]]


def has_newer_papers(seller_id: int, *, since: datetime) -> bool:
    """Whether a paper was handed in, replaced or ticked after a report was made."""
    papers = Document.objects.filter(seller_id=seller_id, kind__startswith="DOC-")
    changed = papers.filter(Q(uploaded_at__gt=since) | Q(destroyed_at__gt=since))
    ticked = DocumentTick.objects.filter(seller_id=seller_id, ticked_at__gt=since)
    return changed.exists() or ticked.exists()


def is_same_report(report: Assessment, told: Sequence[tuple[str, str, str, str]]) -> bool:
    """Whether a stored report found exactly this: rule, status, observed and evidence of every gate."""
    found = Finding.objects.filter(assessment=report).order_by("id")
    return list(found.values_list("rule", "status", "observed", "evidence_en")) == list(told)

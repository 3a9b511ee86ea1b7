"""Which events anybody is told about: who hears of it, what is said, and the page it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bantuo.apps.accounts.models import OPERATOR_ROLES, Role


class Subject(StrEnum):
    """What a person may choose to have by mail or not."""

    APPLICATION = "application"
    REVIEW = "review"
    DEPOSIT = "deposit"
    AGREEMENT = "agreement"
    DOCUMENTS = "documents"
    WAREHOUSE = "warehouse"
    POLICY = "policy"
    STOCK = "stock"
    ORDERS = "orders"
    INTEGRATIONS = "integrations"
    LISTINGS = "listings"


class Circle(StrEnum):
    """Whose people are meant."""

    SELLER = "seller"  # of the seller the event concerns
    OPERATOR = "operator"
    SELLERS = "sellers"  # of every seller
    SIGNED = "signed"  # of every seller who has signed an agreement
    PERSON = "person"  # the one whom the event names


@dataclass(frozen=True, slots=True)
class Told:
    """One circle of people, told one thing.

    `link` is the name of a page; `{id}` in it stands for the number in the event's key.
    """

    notice: str
    subject: Subject
    circle: Circle
    link: str
    roles: frozenset[str] = frozenset()  # empty: whoever belongs to the circle
    person: str = ""  # of Circle.PERSON: the field of the payload that names the actor
    tells_actor: bool = False  # whoever did it is told as well


OWNER = frozenset({Role.SELLER_OWNER.value})
APPLYING = OWNER | {Role.SELLER_LISTING.value}
PAYING = OWNER | {Role.SELLER_FINANCE.value}
STOCKING = OWNER | {Role.SELLER_STOCK.value}
REVIEWERS = frozenset({Role.REVIEWER.value})
CLOCK = "notices.clock_running_out"
_APPEAL = "appeal: "  # how admission begins the reason of a review that a seller asked for
_MENDED = "mended and sent back"  # admission's reason when the seller has answered a request for more
FINANCE = frozenset({Role.FINANCE.value})
WAREHOUSE = frozenset({Role.WAREHOUSE.value})


def _seller(notice: str, subject: Subject, link: str, roles: frozenset[str], *, own: bool = False) -> Told:
    return Told(notice, subject, Circle.SELLER, link, roles, tells_actor=own)


def _operator(notice: str, subject: Subject, link: str, roles: frozenset[str]) -> Told:
    return Told(notice, subject, Circle.OPERATOR, link, roles)


_APPLICATION = "operator:application {id}"
_STEPS: Mapping[str, tuple[Told, ...]] = {
    "assessed_pass": (
        _seller("assessment_passed", Subject.APPLICATION, "seller:report", APPLYING, own=True),
        _operator("review_waiting", Subject.REVIEW, _APPLICATION, REVIEWERS),
    ),
    "assessed_fail": (
        _seller("assessment_failed", Subject.APPLICATION, "seller:diagnosis", APPLYING, own=True),
    ),
    "in_review": (_seller("in_review", Subject.APPLICATION, "seller:application", APPLYING),),
    "sent_back": (_operator("review_waiting", Subject.REVIEW, _APPLICATION, REVIEWERS),),
    "appeal": (_operator("appeal_waiting", Subject.REVIEW, _APPLICATION, REVIEWERS),),
    "approved": (_seller("approved", Subject.APPLICATION, "seller:agreement", APPLYING),),
    "rejected": (_seller("rejected", Subject.APPLICATION, "seller:diagnosis", APPLYING),),
    "deposit:due": (_seller("deposit_due", Subject.DEPOSIT, "seller:deposit", PAYING, own=True),),
    "payment:reported": (_operator("deposit_reported", Subject.DEPOSIT, "operator:deposits", FINANCE),),
    "payment:refused": (_seller("deposit_payment_refused", Subject.DEPOSIT, "seller:deposit", PAYING),),
    "deposit_held": (_seller("deposit_held", Subject.DEPOSIT, "seller:warehouse", PAYING),),
    "deposit:deducted": (_seller("deposit_deducted", Subject.DEPOSIT, "seller:deposit", PAYING),),
    "deposit:top_up_due": (_seller("deposit_top_up_due", Subject.DEPOSIT, "seller:deposit", PAYING),),
    "deposit:release_requested": (
        _operator("deposit_release_asked", Subject.DEPOSIT, "operator:deposits", FINANCE),
    ),
    "deposit:cooling": (_seller("deposit_cooling", Subject.DEPOSIT, "seller:deposit", PAYING),),
    "deposit:refunded": (_seller("deposit_refunded", Subject.DEPOSIT, "seller:deposit", PAYING),),
    "binding:noticed": (
        _seller("warehouse_change", Subject.WAREHOUSE, "seller:warehouse", STOCKING),
        _operator("warehouse_change", Subject.WAREHOUSE, "operator:warehouses", WAREHOUSE),
    ),
    "binding:applied": (_seller("warehouse_changed", Subject.WAREHOUSE, "seller:warehouse", STOCKING),),
    "active": (_seller("active", Subject.APPLICATION, "seller:home", frozenset()),),
    "suspended": (_seller("suspended", Subject.APPLICATION, "seller:home", frozenset()),),
    "exited": (_seller("exited", Subject.APPLICATION, "seller:home", frozenset()),),
}

# By topic, and for a topic with several meanings by `topic/meaning` (see `_meaning`).
TOLD: Mapping[str, tuple[Told, ...]] = {f"admission.step/{step}": told for step, told in _STEPS.items()} | {
    "admission.more_asked": (_seller("more_asked", Subject.APPLICATION, "seller:application", APPLYING),),
    "admission.appeal_decided/upheld": (
        _seller("appeal_upheld", Subject.APPLICATION, "seller:application", APPLYING),
    ),
    "admission.appeal_decided/dismissed": (
        _seller("appeal_dismissed", Subject.APPLICATION, "seller:diagnosis", APPLYING),
    ),
    "admission.override_requested": (_operator("override_waiting", Subject.REVIEW, _APPLICATION, REVIEWERS),),
    "admission.override_confirmed": (
        _operator("override_confirmed", Subject.REVIEW, _APPLICATION, REVIEWERS),
    ),
    "admission.override_declined": (_operator("override_declined", Subject.REVIEW, _APPLICATION, REVIEWERS),),
    CLOCK: (_operator("clock_running_out", Subject.REVIEW, _APPLICATION, REVIEWERS),),
    "webhook.disabled/gone": (
        _seller("webhook_gone", Subject.INTEGRATIONS, "seller:webhook {id}", STOCKING),
    ),
    "webhook.disabled/failing": (
        _seller("webhook_failing", Subject.INTEGRATIONS, "seller:webhook {id}", STOCKING),
    ),
    "open_platform.consent_given": (
        _seller("app_let_in", Subject.INTEGRATIONS, "seller:open_apps", OWNER, own=True),
    ),
    "document.expiring": (_seller("document_expiring", Subject.DOCUMENTS, "seller:documents", APPLYING),),
    "document.expiring/expired": (
        _seller("document_expired", Subject.DOCUMENTS, "seller:documents", APPLYING),
    ),
    "agreement.published": (
        Told("agreement_changed", Subject.AGREEMENT, Circle.SIGNED, "seller:agreement", OWNER),
    ),
    "policy.value_published": (
        _operator("policy_published", Subject.POLICY, "operator:policies", OPERATOR_ROLES),
        Told("policy_published", Subject.POLICY, Circle.SELLERS, "public:rules", OWNER),
    ),
    "stock.day_warned": (_seller("stock_day_warned", Subject.STOCK, "seller:stock", STOCKING),),
    "orders.came_back": (_seller("orders_came_back", Subject.ORDERS, "seller:came_back_day {id}", STOCKING),),
    "orders.ship_due": (_seller("orders_ship_due", Subject.ORDERS, "seller:to_ship", STOCKING),),
    "order.cancel_requested": (
        _seller("order_cancel_requested", Subject.ORDERS, "seller:order {id}", STOCKING),
    ),
    "order.turning_reversed": (
        _seller("order_turning_reversed", Subject.ORDERS, "seller:order {id}", STOCKING),
    ),
    "stock.day_late": (_seller("stock_day_late", Subject.STOCK, "seller:stock", STOCKING),),
    "catalog.listing_requested": (
        _operator("listing_request_waiting", Subject.LISTINGS, "operator:listing_request {id}", REVIEWERS),
    ),
    "catalog.listing_request_decided/approved": (
        _seller("listing_request_approved", Subject.LISTINGS, "seller:listing_findings", APPLYING),
    ),
    "catalog.listing_request_decided/refused": (
        _seller("listing_request_refused", Subject.LISTINGS, "seller:listing_findings", APPLYING),
    ),
    "catalog.import_done": (
        _seller("import_done", Subject.LISTINGS, "seller:listing_imports", APPLYING, own=True),
    ),
    "catalog.category_list": (
        Told("categories_published", Subject.POLICY, Circle.SELLERS, "public:rules", APPLYING),
    ),
}


@dataclass(frozen=True, slots=True)
class Event:
    """An outbox event, as far as telling people of it goes."""

    id: int
    topic: str
    seller_id: int | None
    key: str
    payload: Mapping[str, Any]


def topics_told() -> list[str]:
    """The topics of which anybody hears at all."""
    return sorted({name.partition("/")[0] for name in TOLD})


def told_of(event: Event) -> tuple[Told, ...]:
    """Who hears of an event; nobody, of most."""
    found = TOLD.get(f"{event.topic}/{_meaning(event)}")
    return TOLD.get(event.topic, ()) if found is None else found


def _meaning(event: Event) -> str:
    """What sets an event apart from others of its topic: the step taken, the answer given."""
    said = event.payload
    if event.topic == "document.expiring":
        return "expired" if said.get("stage") == 0 else ""
    if event.topic == "webhook.disabled":
        return str(said.get("why", ""))
    if said.get("step") == "in_review" and str(said.get("reason", "")).startswith(_APPEAL):
        return "appeal"
    if said.get("step") == "in_review" and said.get("reason") == _MENDED:
        return "sent_back"
    return str(said.get("step") or said.get("outcome") or "")


def link_of(told: Told, event: Event) -> str:
    """The page that a notice leads to, with the number of the thing it is about."""
    return told.link.replace("{id}", event.key.rpartition(":")[2])


def subject_of(notice: str) -> Subject | None:
    """The subject a notice belongs to."""
    return _SUBJECTS.get(notice)


_SUBJECTS = {told.notice: told.subject for every in TOLD.values() for told in every}


def subjects_of(roles: frozenset[str]) -> list[Subject]:
    """The subjects that somebody with these roles may ever hear of, in the order of the enumeration."""
    heard = {told.subject for every in TOLD.values() for told in every if _may_hear(told, roles)}
    return [subject for subject in Subject if subject in heard]


def _may_hear(told: Told, roles: frozenset[str]) -> bool:
    is_operator = bool(OPERATOR_ROLES & roles)
    fits = told.circle == Circle.PERSON or (told.circle == Circle.OPERATOR) == is_operator
    return fits and (not told.roles or bool(told.roles & roles))

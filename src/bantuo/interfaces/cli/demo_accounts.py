"""The accounts of the demonstration: an operator of each role, and sellers at every stage.

Everything is made by the same operations as in earnest, with made-up papers that say so. What is
there already is left alone, so the demonstration can be started again and again.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from PIL import Image, ImageDraw
from stdnum.cn import ric

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations import (
    DEMO_DOMAIN,
    DEMO_PASSWORD,
    create_seller_user,
    make_demo_accounts,
)
from bantuo.apps.admission.operations import open_reviews
from bantuo.apps.admission.operations.agreements import publish_starter_agreement
from bantuo.apps.admission.operations.drafts import save_section, start_draft, submit_draft
from bantuo.apps.admission.sections import SECTIONS, section_values
from bantuo.apps.documents.operations import keep_legal_representative, record_consent, store_document
from bantuo.apps.erp.operations import SandboxCall, issue_key, record_call
from bantuo.apps.erp.queries import key_named
from bantuo.apps.parties.models import Seller
from bantuo.apps.parties.operations import NewSeller, register_sellers
from bantuo.channels.uploads import inspect_upload
from bantuo.interfaces.web import consent
from bantuo.interfaces.web.papers import store, vault
from bantuo.interfaces.web.programme import Programme, programme_now

ACTOR = "system:demo"
MARKETPLACE = "demo"
_SIZE_MAX = 1024 * 1024
_BORN = "19000101"  # nobody who lives
_PLACE = "义乌"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to try: its address and what it is good for, in both languages."""

    email: str
    told: str


@dataclass(frozen=True, slots=True)
class _Shop:
    """A seller of the demonstration: what is wrong with it, and how far it gets."""

    place: str
    name: str
    told: str
    change: Callable[[dict[str, Any]], None] | None = None  # None: nothing is filled in yet
    erp_version: str = "3.2"
    is_reviewed: bool = False


def _nothing(profile: dict[str, Any]) -> None:
    """A profile that passes."""


def _no_cross_border(profile: dict[str, Any]) -> None:
    profile["bank"]["statements"][0]["cross_border"] = False


def _too_many_disputes(profile: dict[str, Any]) -> None:
    profile["metrics"]["disputes"] = "0.9%"


_SHOPS = (
    _Shop("new", "演示新店 Demo new shop", "刚注册，从头申请 · signed up just now, applies from nothing"),
    _Shop("papers", "演示资质店 Demo papers shop", "F1 资质瑕疵，待整改 · refused: flaw in the papers",
          _no_cross_border),
    _Shop("data", "演示数据店 Demo data shop", "F2 数据异常，待整改 · refused: data out of line",
          _too_many_disputes),
    _Shop("technical", "演示技术店 Demo technical shop", "F3 技术阻断，待整改 · refused: technical block",
          _nothing, erp_version="3.1"),
    _Shop("review", "演示待审店 Demo shop in review", "审核中 · in review", _nothing, is_reviewed=True),
)  # fmt: skip
_ACTIVE = "已入驻，有六周订单 · active, with six weeks of orders"
_OPERATORS = "运营 · operator: "


def make_demo(*, active_seller: str) -> list[DemoAccount]:
    """Make every account that is not there yet; `active_seller` is the code of one from the replay."""
    programme = programme_now()
    publish_starter_agreement(book=programme.book, on=programme.on, now=programme.now, actor=ACTOR)
    programme = programme_now()  # later, so that nobody is told of what was there before them
    operators = make_demo_accounts(now=programme.now, actor=ACTOR)
    for shop in _SHOPS:
        _make_shop(shop, programme)
    seller = Seller.objects.get(marketplace=MARKETPLACE, code=active_seller)
    _make_owner("active", seller.pk, programme)
    return [
        *(DemoAccount(_address(shop.place), shop.told) for shop in _SHOPS),
        DemoAccount(_address("active"), _ACTIVE),
        *(DemoAccount(user.email, f"{_OPERATORS}{user.name}") for user in operators),
    ]


def _address(place: str) -> str:
    return f"seller-{place}@{DEMO_DOMAIN}"


@transaction.atomic
def _make_owner(place: str, seller_id: int, programme: Programme) -> User | None:
    """The owner of a seller; None when they are there already."""
    if User.objects.filter(email=_address(place)).exists():
        return None
    return create_seller_user(
        _address(place),
        seller_id=seller_id,
        name="演示店主 Demo owner",
        roles=[Role.SELLER_OWNER],
        password=DEMO_PASSWORD,
        now=programme.now,
        actor=ACTOR,
    )


@transaction.atomic
def _make_shop(shop: _Shop, programme: Programme) -> None:
    """One seller with its owner, taken as far as its story goes."""
    code = f"DEMO-{shop.place.upper()}"
    new = NewSeller(MARKETPLACE, code, shop.name, None, _PLACE)
    seller_id = register_sellers([new], now=programme.now, actor=ACTOR)[code]
    owner = _make_owner(shop.place, seller_id, programme)
    if owner is None or shop.change is None:
        return
    profile = demo_profile(programme.on)
    shop.change(profile)
    _hand_in_papers(seller_id, programme, actor=owner.actor)
    _measure_erp(seller_id, shop.erp_version, programme, actor=owner.actor)
    _apply(seller_id, profile, programme, actor=owner.actor)
    if shop.is_reviewed:
        open_reviews([seller_id], reason="every gate passed", now=programme.now, actor=ACTOR)


def demo_profile(on: date) -> dict[str, Any]:
    """A seller who meets every gate on a day; the categories are those of the simulated marketplace."""
    month = f"{on - timedelta(days=on.day):%Y-%m}"
    address = "示例省示例市示例路 1 号"
    return {
        "code": "demo",
        "company": {
            "registered_on": (on - timedelta(days=900)).isoformat(),
            "business_scope": "家居用品销售;货物进出口",
            "licence_address": address,
            "operating_address": address,
        },
        "bank": {
            "account_evidence": "basic_account_filing",
            "statements": [{"month": month, "turnover_fen": 62_000_000, "cross_border": True}],
        },
        "brand": {"authorisation": "none", "registered": True},
        "categories": ["home-lamps"],
        "products": [dict(_PRODUCT)],
        "metrics": dict(_METRICS),
        "erp": {"vendor": "示例ERP Example ERP"},
    }


_PRODUCT: Mapping[str, Any] = {
    "sku": "DEMO-LAMP-01", "title": "台灯 Desk lamp", "category": "home-lamps", "apparel": False,
    "electrical": True, "battery": False, "sites": ["ES"], "attributes_required": 20, "attributes_missing": 0,
    "listed_times": 1, "weight_g": 1_200, "length_mm": 300, "width_mm": 250, "height_mm": 200,
}  # fmt: skip
_METRICS: Mapping[str, Any] = {
    "sell_through": "80%", "dsr": "4.83", "dsr_logistics": "4.82", "disputes": "0.4%",
    "serious_complaints": 0, "orders_per_day": 400, "return_rate": "3%",
    "tenure_months": 18, "customs_anomalies": 0,
}  # fmt: skip


def _hand_in_papers(seller_id: int, programme: Programme, *, actor: str) -> None:
    """Consent and identity, then a picture for each paper that says it is none."""
    now = programme.now
    record_consent(seller_id, version=consent.VERSION, text_sha256=consent.TEXT_SHA256, now=now, actor=actor)
    later = programme.on.replace(day=1) + timedelta(days=3_000)
    keep_legal_representative(
        seller_id, name="演示", number=_identity_number(seller_id), expires_on=later, vault=vault(), now=now,
        actor=actor, address="",
    )  # fmt: skip
    for kind, subject in _papers(programme):
        upload = inspect_upload(_picture(kind, seller_id), f"demo-{kind}.png", size_max=_SIZE_MAX)
        store_document(
            upload, seller_id=seller_id, kind=kind, subject=subject,
            expires_on=later if kind == "DOC-2" else None, vault=vault(), store=store(), now=now, actor=actor,
            address="",
        )  # fmt: skip


def _papers(programme: Programme) -> Iterator[tuple[str, str]]:
    """The papers that everybody hands in, but for those that something else stands in for."""
    month = f"{programme.on - timedelta(days=programme.on.day):%Y-%m}"
    for rule_id, rule in programme.book.rules.items():
        told = rule.detail.get("document", {})
        if told.get("step") == 1 and told.get("when") == "all" and not told.get("instead"):
            yield rule_id, month if rule_id == "DOC-4" else ""


def _picture(kind: str, seller_id: int) -> io.BytesIO:
    """A sheet of paper with a line that says it is no paper."""
    sheet = Image.new("RGB", (900, 600), "white")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((20, 20, 880, 580), outline="#a31f25", width=4)
    pen.text((60, 60), f"DEMONSTRATION ONLY - {kind} - seller {seller_id}", fill="black", font_size=28)
    pen.text((60, 120), "This is not a real paper and belongs to nobody.", fill="black", font_size=24)
    made = io.BytesIO()
    sheet.save(made, "PNG")
    made.seek(0)
    return made


def _identity_number(seller_id: int) -> str:
    """A number of sound form that can belong to nobody alive."""
    body = f"110101{_BORN}{seller_id % 1000:03d}"
    return body + str(ric.calc_check_digit(f"{body}0"))


def _measure_erp(seller_id: int, version: str, programme: Programme, *, actor: str) -> None:
    """As many signed calls as the programme wants to see, from an ERP that answers fast enough."""
    issued = issue_key(seller_id, vault=vault(), now=programme.now, actor=actor)
    key = key_named(issued.app_key)
    assert key is not None
    calls = int(programme.book.amount("ELG-12.calls", programme.on))
    for number in range(calls):
        call = SandboxCall(f"demo-{number}", version, 400 + number % 50, True, "stock")
        record_call(key, call=call, now=programme.now)


def _apply(seller_id: int, profile: Mapping[str, Any], programme: Programme, *, actor: str) -> None:
    """Fill the draft section by section, and hand it in."""
    now = programme.now
    draft = start_draft(seller_id, now=now, actor=actor)
    for section in SECTIONS:
        values = section_values(profile, section)
        if values:
            save_section(draft.pk, section, values, revision=None, now=now, actor=actor)
    submit_draft(
        draft.pk,
        evaluator=programme.evaluator(),
        policy_version_id=programme.policy_version_id,
        on=programme.on,
        now=now,
        actor=actor,
    )

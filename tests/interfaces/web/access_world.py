"""Everybody who may come to the pages, and real things of one seller for every page that shows one.

A route with an argument needs a line in `World.arguments`: which thing of the seller it opens.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from PIL import Image

from bantuo.apps.accounts.models import OPERATOR_ROLES, SELLER_ROLES, User
from bantuo.apps.admission.models import (
    AgreementText,
    Appeal,
    Application,
    Assessment,
    Deposit,
    DepositPayment,
    Override,
)
from bantuo.apps.catalog.models import (
    CategoryDraft,
    CategoryList,
    ListingImport,
    ListingRequest,
    Promotion,
    Sku,
)
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import store_document
from bantuo.apps.integrations.models import KeyKind
from bantuo.apps.integrations.operations.endpoints import register_endpoint
from bantuo.apps.integrations.operations.keys import Owner, create_key
from bantuo.apps.integrations.operations.messages import make_test_message
from bantuo.apps.notices.models import Notice
from bantuo.apps.open_platform.models import OpenApp
from bantuo.apps.open_platform.operations import grant_private, register_private_app
from bantuo.apps.orders.models import CutOver, Order, OrderImport
from bantuo.apps.parties.models import Binding
from bantuo.apps.policies.models import PolicyDraft
from bantuo.apps.stock.models import Balance, Declaration, Shortage
from bantuo.apps.stock.operations import NewRobot, SheetRow, StockSheet, add_robot, take_stock_sheet
from bantuo.channels.uploads import Upload
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.access import Access, access_of
from bantuo.interfaces.web.middleware import library_access
from bantuo.interfaces.web.papers import store, vault
from tests.apps import factories as make
from tests.apps.admission import steps

ROLES = sorted(SELLER_ROLES) + sorted(OPERATOR_ROLES)


@dataclass(frozen=True)
class Route:
    """One address of the site."""

    path: str
    name: str
    arguments: tuple[str, ...]
    access: Access | None
    view: Any

    @property
    def is_csrf_exempt(self) -> bool:
        return bool(getattr(self.view, "csrf_exempt", False))


def routes() -> list[Route]:
    """Every address there is; Django's plain admin counts as one."""
    found = [route for route in _walk(get_resolver().url_patterns, "", "") if route.name[:6] != "admin:"]
    admin = Route("admin/", "admin:index", (), library_access("admin:index"), None)
    return [*found, admin]


def _walk(patterns: list[Any], path: str, space: str) -> Iterator[Route]:
    for pattern in patterns:
        here = f"{path}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, here, inner)
        elif isinstance(pattern, URLPattern):
            name = f"{space}{pattern.name or ''}"
            arguments = tuple(pattern.pattern.regex.groupindex)
            told = access_of(pattern.callback) or library_access(name)
            yield Route(here, name, arguments, told, pattern.callback)


@dataclass
class World:
    """Seller A with a thing of each kind, seller B who should see none of them, the operator's people."""

    people: dict[str, User]
    stranger: User
    mine: dict[str, dict[str, Any]] = field(default_factory=dict)
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)

    def url(self, route: Route, *, role: str = "seller_owner") -> str:
        """The address of the route for the thing of seller A, or of the person who has the role."""
        if not route.arguments:
            return reverse(route.name)
        told = {**self.mine, **self.shared}.get(route.name)
        if route.name in ("web:notice", "web:notice_read"):
            told = {"pk": Notice.objects.get(user=self.people[role]).pk}
        assert told is not None, f"{route.name}: say in access_world.py what its {route.arguments} are"
        return reverse(route.name, kwargs=told)

    def client(self, who: str | User) -> Client:
        """The browser of somebody, by role."""
        client = Client()
        client.force_login(self.people[who] if isinstance(who, str) else who)
        return client


def make_world() -> World:
    """Everybody and everything."""
    (seller,) = steps.joined("A1")
    (other,) = make.make_sellers("B1")
    people = {role: _person(role, seller if role in SELLER_ROLES else None) for role in ROLES}
    world = World(people, _person("seller_owner", other))
    _fill(world, seller)
    return world


def _person(role: str, seller: int | None) -> User:
    email = f"{role}-{seller or 'operator'}@example.org"
    user = User.objects.create_user(
        email, "a-long-password", name=role, roles=[role], seller_id=seller, language="en"
    )
    if seller is None:
        Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    Notice.objects.create(user=user, topic="approved", outbox_id=1, link="seller:home", created_at=make.NOW)
    return user


def _fill(world: World, seller: int) -> None:
    application = Application.objects.get(seller_id=seller)
    owner, reviewer = world.people["seller_owner"], world.people["operator_reviewer"]
    paper = _paper(seller, owner)
    deposit = Deposit.objects.get(seller_id=seller)
    stock = _stock(seller)
    world.mine = {
        **_listings(seller),
        **_each("seller:stock", "_balance", "_declare", "_safety", pk=stock["balance"]),
        **_each("seller:stock_file", "", "_result", pk=stock["file"]),
        "seller:stock_sync": {"pk": stock["sync"]},
        **_each(
            "seller:order", "", "_unmask", "_address", "_cancel", "_answer", "_ship", "_correct",
            pk=_order(seller),
        ),
        "seller:tracking_results": _tracking_results(seller),
        "seller:stock_shortage": {"pk": stock["shortage"]},
        **_each("seller:stock_robot", "_test", "_remove", pk=stock["robot"]),
        **_each("web:notice", "", "_read", pk=Notice.objects.get(user=owner).pk),
        "seller:replay": {"pk": Assessment.objects.get(seller_id=seller).pk},
        "seller:agreement_pdf": {"pk": application.agreements.get().pk},
        **_each("seller:document", "", "_file", "_expiry", "_remove", pk=paper.pk),
        "seller:document_page": {"pk": paper.pk, "page": 1},
        **_integrations(seller, owner),
        **_each(
            "seller:member", "", "_roles", "_deactivate", "_reactivate", "_invitation", "_withdraw",
            pk=world.people["seller_stock"].pk,
        ),
        "seller:open_app_revoke": {"pk": _open_app(seller)},
    }  # fmt: skip
    world.shared = {
        "seller:came_back_day": {"day": str(make.DAY)},
        **_each("operator:order", "", "_unmask", "_reverse", "_split", pk=_order(seller)),
        **_each("operator:order_import", "", "_start", "_discard", "_file", pk=_order_file()),
        "operator:cutover_day": {"day": _cut_day()},
        **_each("operator:cutover_seller", "", "_reverse", day=str(make.DAY), seller_id=seller),
        **_of_the_programme(),
        **_of_the_operator(application, deposit, paper, reviewer, owner),
        **_each("operator:open_app", "", "_secret", "_close", pk=_open_app(seller)),
        "gateway:rest": {"path": "/auth/token/create"},
        **_each(
            "operator:listing_request", "", "_approve", "_refuse",
            pk=ListingRequest.objects.get(seller_id=seller).pk,
        ),
        **_each(
            "operator:user", "", "_roles", "_deactivate", "_reactivate", "_second_factor", "_invitation",
            "_withdraw", pk=reviewer.pk,
        ),
    }  # fmt: skip


def _integrations(seller: int, owner: User) -> dict[str, dict[str, Any]]:
    """Keys and endpoints of seller A."""
    given = register_endpoint(
        seller, url="https://erp.example/hooks", title="", kinds=["order.*"], vault=vault(), now=make.NOW,
        actor=owner.actor,
    )  # fmt: skip
    endpoint = given.endpoint.pk
    message = make_test_message(seller, endpoint_id=endpoint, now=make.NOW, actor=owner.actor)
    return {
        **_each("seller:developer_key", "_rotate", "_revoke", pk=_api_key(seller, actor=owner.actor)),
        **_each(
            "seller:webhook", "", "_kinds", "_rotate", "_test", "_redeliver", "_disable", "_enable",
            "_remove", pk=endpoint,
        ),
        "seller:webhook_message": {"pk": endpoint, "message": message.pk},
    }  # fmt: skip


def _api_key(seller: int | None, *, actor: str) -> int:
    given = create_key(
        Owner(make.MARKETPLACE, seller), kind=KeyKind.KEY, title="key", scopes=["orders:intake"],
        now=make.NOW, actor=actor,
    )  # fmt: skip
    return int(given.key.pk)


def _of_the_programme() -> dict[str, dict[str, Any]]:
    """What belongs to nobody."""
    text = AgreementText.objects.create(
        version="1", text_zh="协议", text_en="Agreement", text_sha256="0" * 64, effective_from=make.DAY,
        published_at=make.NOW, published_by=make.ACTOR,
    )  # fmt: skip
    make.make_categories()
    upload = CategoryDraft.objects.create(
        file_name="list.xlsx", rows=[], problems=[], created_by=make.ACTOR, created_at=make.NOW
    )
    draft = PolicyDraft.objects.create(
        book="aliexpress-semi", rule="ELG-1", valid_from=timezone.localdate() + timedelta(days=40), value=1,
        source="test", reason="test", created_by=make.ACTOR, created_at=make.NOW,
    )  # fmt: skip
    warehouse = make.make_warehouse()
    return {
        "account_confirm_email": {"key": "no-such-key"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "no-such-key"},
        "public:rule": {"rule_id": "ELG-1"},
        "public:rule_drawer": {"rule_id": "ELG-1"},
        "seller:section": {"section": "company"},
        "seller:document_upload": {"kind": "DOC-1"},
        "seller:agreement_text": {"pk": text.pk},
        **_each("seller:warehouse", "_choose", "_confirm", pk=warehouse),
        "operator:policy": {"rule_id": "ELG-1"},
        **_each("operator:policy", "_draft", "_check", "_publish", "_discard", pk=draft.pk),
        "operator:category_list": {"pk": CategoryList.objects.first().pk},  # type: ignore[union-attr]
        **_each("operator:category", "_draft", "_publish", "_discard", pk=upload.pk),
        **_each("operator:warehouse", "", "_close", pk=warehouse),
        "operator:agreement": {"pk": text.pk},
        **_each("operator:api_key", "_rotate", "_revoke", pk=_api_key(None, actor="system:test")),
        "api:products_product": {"product": "A-1"},
        "api:skus_sku": {"sku": "A-1"},
        "api:orders_order": {"order": "1"},
        "api:orders_order_recipient": {"order": "1"},
        "api:shipments_shipment": {"shipment": "1"},
        "api:policy_rule": {"rule": "ELG-1"},
        "api:nothing_here": {"rest": "nowhere"},
        "sandbox:ping": {"version": "3.2"},
        "sandbox:stock": {"version": "3.2"},
    }


def _of_the_operator(
    application: Application, deposit: Deposit, paper: Document, reviewer: User, owner: User
) -> dict[str, dict[str, Any]]:
    """Things of seller A that the operator's people open."""
    seller = application.seller_id
    told: dict[str, Any] = {"seller_id": seller, "application": application, "reason": "r"}
    override = Override.objects.create(
        **told, rules=["ELG-1"], requested_by=reviewer.actor, requested_at=make.NOW
    )
    appeal = Appeal.objects.create(
        **told, refused_by=reviewer.actor, opened_by=owner.actor, opened_at=make.NOW
    )
    payment = DepositPayment.objects.create(
        seller_id=seller, deposit=deposit, channel="manual", amount_fen=1, reference="x",
        reported_by=owner.actor, reported_at=make.NOW,
    )  # fmt: skip
    return {
        **_each(
            "operator:application", "", "_take", "_release", "_assign", "_judge", "_assess", "_more",
            "_accept", "_reject", "_override", pk=application.pk,
        ),
        "operator:application_report": {
            "pk": application.pk,
            "report_pk": Assessment.objects.get(seller_id=seller).pk,
        },
        "operator:override_answer": {"pk": override.pk},
        "operator:appeal_answer": {"pk": appeal.pk},
        **_each("operator:document", "", "_ticks", "_unmask", "_mask", "_file", pk=paper.pk),
        "operator:document_page": {"pk": paper.pk, "page": 1},
        "operator:representative": {"seller_id": seller},
        **_each("operator:deposit", "", "_top_up", "_deduct", "_cool", "_refund", pk=deposit.pk),
        **_each("operator:seller", "_suspend", "_reinstate", pk=deposit.pk),
        **_each("operator:payment", "_confirm", "_refuse", pk=payment.pk),
        "operator:agreement_pdf": {"pk": application.agreements.get().pk},
    }  # fmt: skip


def _open_app(seller: int) -> int:
    """An ERP app of the seller's own, which may act for it."""
    app = OpenApp.objects.filter(private_to_id=seller).first()
    if app is None:
        issued = register_private_app(seller, "own", vault=vault(), now=make.NOW, actor=make.ACTOR)
        app = OpenApp.objects.get(pk=issued.app_id)
        grant_private(app, account="owner@example.org", now=make.NOW, actor=make.ACTOR)
    return int(app.pk)


def _each(stem: str, *ends: str, **arguments: Any) -> dict[str, dict[str, Any]]:
    return {f"{stem}{end}": arguments for end in ends}


def _listings(seller: int) -> dict[str, dict[str, Any]]:
    """A listing, what was asked about it, a promotion with it, an import."""
    sku = Sku.objects.select_related("product").get(seller_id=seller, code="STOCK-1")
    product = sku.product
    asked = ListingRequest.objects.create(
        seller_id=seller, product=product, kind="main_image", old="https://img.example/1",
        new="https://img.example/2", requested_by=make.ACTOR, requested_at=make.NOW,
    )  # fmt: skip
    promotion = Promotion.objects.create(
        seller_id=seller,
        name="A",
        first_on=make.DAY,
        last_on=make.DAY,
        created_at=make.NOW,
        created_by=make.ACTOR,
    )
    sheet = ListingImport.objects.create(
        seller_id=seller, file_name="a.csv", origin="other", headings=["SKU"], columns={"sku_code": "SKU"},
        created_at=make.NOW, created_by=make.ACTOR,
    )  # fmt: skip
    return {
        "seller:listing_sku": {"pk": sku.pk},
        **_each("seller:listing", "_product", "_edit", "_add_sku", "_epr", "_size_chart", pk=product.pk),
        "seller:listing_withdraw": {"pk": asked.pk},
        **_each("seller:listing_promotion", "", "_end", pk=promotion.pk),
        "seller:listing_promotion_drop": {"pk": promotion.pk, "sku_pk": sku.pk},
        **_each(
            "seller:listing_import",
            "",
            "_columns",
            "_start",
            "_undo",
            "_drop",
            "_progress",
            "_faults",
            pk=sheet.pk,
        ),
    }


def _stock(seller: int) -> dict[str, int]:
    """A SKU in stock, stated by a sheet, short, and a robot that is told."""
    make.make_skus(seller, "STOCK-1")
    warehouse = Binding.objects.get(seller_id=seller, unbound_at__isnull=True).warehouse.code
    sheet = StockSheet(uuid4(), "stock.csv", "gross", [SheetRow(2, "STOCK-1", warehouse, "1", 1)])
    file = take_stock_sheet(
        seller, sheet, day=operating_day(make.the_book(), make.DAY), now=make.NOW, actor=make.ACTOR
    )
    balance = Balance.objects.get(seller_id=seller, sku__code="STOCK-1")
    shortage = Shortage.objects.create(
        seller_id=seller, balance=balance, quantity_short=1, reason="r", opened_at=make.NOW
    )
    robot = NewRobot("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "", "en")
    kept = add_robot(seller, robot=robot, vault=vault(), now=make.NOW, actor=make.ACTOR)
    sync = Declaration.objects.get(seller_id=seller).pk
    return {
        "balance": balance.pk, "file": file.pk, "sync": sync, "shortage": shortage.pk, "robot": kept.pk,
    }  # fmt: skip


def _order(seller: int) -> int:
    """An order that seller A ships itself."""
    order, _ = Order.objects.get_or_create(
        seller_id=seller, marketplace=make.MARKETPLACE, external_id="O-1", placed_at=make.NOW,
        business_date=make.DAY, destination="ES", goods_fen=1, freight_fen=0, route="self", state="to_ship",
    )  # fmt: skip
    return int(order.pk)


def _tracking_results(seller: int) -> dict[str, str]:
    """What became of a file of tracking numbers that seller A has sent."""
    cache.set(f"tracking:{seller}:token", b"workbook")
    return {"token": "token"}


def _order_file() -> int:
    return int(
        OrderImport.objects.create(
            marketplace=make.MARKETPLACE, mode="each", file_name="o.csv", columns=[], orders=0,
            created_by=make.ACTOR, created_at=make.NOW,
        ).pk
    )  # fmt: skip


def _cut_day() -> str:
    """A day whose 16:00 has been dealt with."""
    CutOver.objects.create(
        business_date=make.DAY, cut_at=make.NOW, finished_at=make.NOW, sellers_in_time=0, sellers_late=0,
        orders_turned=0, orders_split=0, lines_turned=0, orders_turned_wide=0, policy_version="v",
        scope="unsynced_lines",
    )  # fmt: skip
    return str(make.DAY)


def _paper(seller: int, owner: User) -> Document:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(buffer, "PNG")
    content = buffer.getvalue()
    upload = Upload(
        "licence.png", "image/png", len(content), sha256(content).hexdigest(), io.BytesIO(content)
    )
    return store_document(
        upload, seller_id=seller, kind="DOC-1", vault=vault(), store=store(), now=make.NOW,
        actor=owner.actor, address="192.0.2.7",
    )  # fmt: skip

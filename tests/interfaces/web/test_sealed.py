"""A change of the master key: everything sealed is sealed anew, and then opens without the former key."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.apps import apps
from django.db.models import BinaryField

from bantuo.apps.accounts.models import User
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import (
    keep_legal_representative,
    open_document,
    record_consent,
    reveal_legal_representative,
    reveal_recipient,
)
from bantuo.apps.erp.models import SandboxKey
from bantuo.apps.erp.operations import issue_key, open_secret
from bantuo.apps.integrations.models import WebhookEndpoint
from bantuo.apps.integrations.operations.endpoints import register_endpoint, rotate_secret, signing_secrets
from bantuo.apps.open_platform.models import OpenApp
from bantuo.apps.open_platform.operations.registering import open_app_secret, register_private_app
from bantuo.apps.orders.operations.recipients import NewRecipient, keep_recipients
from bantuo.apps.sealing import reseal_column
from bantuo.apps.stock.models import Robot
from bantuo.apps.stock.operations.robots import (
    NewRobot,
    RobotTold,
    add_robot,
    ask_test_message,
    send_robot_messages,
)
from bantuo.channels.vault import MasterKeyUnknown, Vault
from bantuo.interfaces.cli.audit import reseal_secrets
from bantuo.interfaces.web.sealed import COLUMNS, reseal_all
from tests.apps.documents.papers import ACTOR, ADDRESS, NUMBER, VAULT, Shelf, shelf
from tests.apps.factories import NOW
from tests.interfaces.api.shop import make_shop

pytestmark = pytest.mark.django_db
OLD, NEW = VAULT.master, b"n" * 32
BOTH, FRESH = Vault(NEW, former=(OLD,)), Vault(NEW)
WHO: dict[str, Any] = {"now": NOW, "actor": ACTOR, "address": ADDRESS}
BY: dict[str, Any] = {"now": NOW, "actor": ACTOR}
TOLD = {"name": "María García", "country": "ES", "address": "Calle Mayor 1"}
TOTP_SECRET = "JBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Sealed:
    """One of everything, with what has to come out of it."""

    papers: Shelf
    paper: Document
    seller: int
    order: int
    webhook: Sequence[str]
    app: str
    key: str
    codes: Sequence[str]


@pytest.fixture
def sealed(tmp_path: Path, settings: Any) -> Sealed:
    settings.DOCUMENT_KEY, settings.DOCUMENT_KEYS_FORMER = OLD.hex(), ()
    shop, papers = make_shop(), shelf(tmp_path)
    seller, order = shop.seller, shop.orders[0]
    record_consent(seller, version="1", text_sha256="a", **WHO)
    keep_legal_representative(seller, name="张三", number=NUMBER, expires_on=None, vault=VAULT, **WHO)
    keep_recipients([NewRecipient("1", order, TOLD)], seller_id=None, vault=VAULT, **BY)
    add_robot(seller, robot=NewRobot("dingtalk", "https://robot.test/1", "SEC1", "en"), vault=VAULT, **BY)
    given = register_endpoint(seller, url="https://a.test/", title="", kinds=["order.*"], vault=VAULT, **BY)
    rotated = rotate_secret(seller, endpoint_id=given.endpoint.pk, vault=VAULT, **BY)
    person = User.objects.create_user("op@example.com", "a long password", roles=["operator_warehouse"])
    totp.TOTP.activate(person, TOTP_SECRET)
    codes = RecoveryCodes.activate(person).get_unused_codes()
    return Sealed(
        papers, papers.keep(seller, "the licence"), seller, order, [rotated.secret, given.secret],
        register_private_app(seller, "ours", vault=VAULT, **BY).secret,
        issue_key(seller, vault=VAULT, **BY).secret, codes,
    )  # fmt: skip


class Hears:
    """A robot's address and secret, as they are used."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def tell(self, robot: Any, *, url: str, secret: str, topic: str, payload: Any) -> RobotTold:
        self.heard.append((url, secret))
        return RobotTold(is_taken=True, detail="")


def opened(sealed: Sealed, vault: Vault, *, at: datetime) -> list[Callable[[], Any]]:
    """All of it, opened as the programme opens it."""
    robot = Hears()

    def tell() -> Any:
        ask_test_message(sealed.seller, Robot.objects.get().pk, now=at, actor=ACTOR)
        send_robot_messages(robot, vault=vault, now=at)
        return robot.heard[-1]

    return [
        lambda: open_document(
            sealed.paper.pk, action="preview", reason="", vault=vault, store=sealed.papers.store, **WHO
        ),
        lambda: reveal_legal_representative(sealed.seller, reason="check", vault=vault, **WHO).name,
        lambda: reveal_recipient(sealed.order, seller_id=None, reason="check", vault=vault, **WHO),
        tell,
        lambda: signing_secrets(WebhookEndpoint.objects.get(), vault=vault, now=NOW),
        lambda: open_app_secret(OpenApp.objects.get(), vault=vault),
        lambda: open_secret(SandboxKey.objects.get(), vault=vault),
    ]


def test_every_sealed_column_of_the_database_is_in_the_list() -> None:
    found = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, BinaryField) and field.name.startswith("sealed")
    }
    assert found == {(column.model, column.field) for column in COLUMNS}


def test_after_sealing_anew_everything_opens_without_the_former_key(
    sealed: Sealed, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for opening in opened(sealed, FRESH, at=NOW):
        with pytest.raises(MasterKeyUnknown):
            opening()
    settings.DOCUMENT_KEY, settings.DOCUMENT_KEYS_FORMER = NEW.hex(), (OLD.hex(),)
    reseal_secrets(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told == {"resealed": 11, "unopened": 0, "kinds": {
        "papers": 1, "legal representatives": 1, "order recipients": 1, "robot addresses": 1,
        "robot secrets": 1, "webhook secrets": 1, "former webhook secrets": 1, "sandbox keys": 1,
        "open-platform apps": 1, "second factors": 2,
    }}  # fmt: skip
    settings.DOCUMENT_KEYS_FORMER = ()
    assert [opening() for opening in opened(sealed, FRESH, at=NOW + timedelta(hours=1))] == [
        b"the licence", "张三", TOLD, ("https://robot.test/1", "SEC1"), sealed.webhook, sealed.app,
        sealed.key,
    ]  # fmt: skip
    factors = {one.type: one.wrap() for one in Authenticator.objects.all()}
    code = totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, next(totp.yield_hotp_counters_from_time())))
    assert factors["totp"].validate_code(code)
    assert factors["recovery_codes"].get_unused_codes() == sealed.codes
    reseal_secrets(as_json=False)
    assert "0 sealed anew" in capsys.readouterr().out


def test_what_opens_under_no_key_is_told_and_keeps_no_other_back(
    sealed: Sealed, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    OpenApp.objects.update(sealed_secret=Vault(b"x" * 32).seal(b"lost", context="elsewhere"))
    before = bytes(OpenApp.objects.get().sealed_secret)
    settings.DOCUMENT_KEY, settings.DOCUMENT_KEYS_FORMER = NEW.hex(), (OLD.hex(),)
    with pytest.raises(typer.Exit) as ended:
        reseal_secrets(as_json=True)
    assert ended.value.exit_code == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["resealed"], told["unopened"], told["kinds"]["open-platform apps"]) == (10, 1, 0)
    assert bytes(OpenApp.objects.get().sealed_secret) == before


class Stops:
    """A vault whose process is stopped in the middle."""

    def __init__(self, after: int) -> None:
        self.left = after

    def is_current(self, sealed: bytes) -> bool:
        return BOTH.is_current(sealed)

    def reseal(self, sealed: bytes, *, context: str) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return BOTH.reseal(sealed, context=context)


def test_stopped_in_the_middle_it_goes_on_with_what_is_left(sealed: Sealed) -> None:
    issue = range(450)
    SandboxKey.objects.bulk_create(
        SandboxKey(
            seller_id=sealed.seller, app_key=f"k{n}", created_by=ACTOR, created_at=NOW, revoked_at=NOW,
            sealed_secret=VAULT.seal(b"secret", context=f"erp.sandbox_key:k{n}"),
        )
        for n in issue
    )  # fmt: skip
    (column,) = [column for column in COLUMNS if column.model is SandboxKey]
    with pytest.raises(KeyboardInterrupt):
        reseal_column(column, vault=Stops(250))
    current = sum(BOTH.is_current(bytes(key.sealed_secret)) for key in SandboxKey.objects.all())
    assert current == 200  # whole batches only
    assert reseal_column(column, vault=BOTH).sealed_anew == 251
    assert {open_secret(key, vault=FRESH) for key in SandboxKey.objects.filter(app_key__startswith="k")} >= {
        "secret"
    }
    assert sum(one.sealed_anew for one in reseal_all(BOTH)) == 10

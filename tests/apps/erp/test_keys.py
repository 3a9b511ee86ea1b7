"""Sandbox keys: one at a time, sealed, named in every event but never with their secret."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.erp.models import SandboxKey
from bantuo.apps.erp.operations import KeyExists, KeyUnknown, issue_key, open_secret, revoke_key, rotate_key
from bantuo.apps.erp.queries import active_key, key_named
from bantuo.apps.events.models import OutboxEvent
from bantuo.channels.vault import Vault, VaultRefused
from tests.apps.erp.erps import LATER, SELLER, VAULT, a_key
from tests.apps.factories import NOW, make_sellers, outbox

pytestmark = pytest.mark.django_db


def test_a_seller_gets_a_key_whose_secret_opens_only_in_the_vault() -> None:
    (seller,) = make_sellers("S1")
    issued = a_key(seller)
    kept = SandboxKey.objects.get()

    assert (kept.seller_id, kept.app_key, kept.created_by, kept.created_at) == (
        seller,
        issued.app_key,
        SELLER,
        NOW,
    )
    assert len(issued.secret) == 43
    assert issued.secret.encode() not in bytes(kept.sealed_secret)
    assert open_secret(kept, vault=VAULT) == issued.secret
    assert outbox("erp.key_issued") == [
        (f"sandbox_key:{issued.app_key}", {"app_key": issued.app_key, "by": SELLER})
    ]


def test_a_sealed_secret_put_under_another_key_does_not_open() -> None:
    one, other = make_sellers("S1", "S2")
    first, second = a_key(one), a_key(other)
    stolen = SandboxKey.objects.get(app_key=first.app_key).sealed_secret
    SandboxKey.objects.filter(app_key=second.app_key).update(sealed_secret=stolen)

    with pytest.raises(VaultRefused):
        open_secret(SandboxKey.objects.get(app_key=second.app_key), vault=VAULT)
    with pytest.raises(VaultRefused):
        open_secret(SandboxKey.objects.get(app_key=first.app_key), vault=Vault(b"x" * 32))


def test_asking_twice_gives_no_second_key() -> None:
    (seller,) = make_sellers("S1")
    a_key(seller)

    with pytest.raises(KeyExists):
        a_key(seller)
    assert SandboxKey.objects.count() == 1


def test_rotating_ends_the_old_key_at_once() -> None:
    (seller,) = make_sellers("S1")
    old = a_key(seller)
    new = rotate_key(seller, app_key=old.app_key, vault=VAULT, now=LATER, actor=SELLER)

    held, ended = active_key(seller), key_named(old.app_key)
    assert held is not None
    assert ended is not None
    assert (held.app_key, ended.revoked_at) == (new.app_key, LATER)
    assert {new.app_key, new.secret}.isdisjoint({old.app_key, old.secret})


def test_rotating_the_same_key_twice_changes_nothing_more() -> None:
    (seller,) = make_sellers("S1")
    old = a_key(seller)
    new = rotate_key(seller, app_key=old.app_key, vault=VAULT, now=LATER, actor=SELLER)

    with pytest.raises(KeyUnknown):
        rotate_key(seller, app_key=old.app_key, vault=VAULT, now=LATER, actor=SELLER)
    held = active_key(seller)
    assert held is not None
    assert held.app_key == new.app_key


def test_a_revoked_key_is_gone_and_another_may_be_had() -> None:
    (seller,) = make_sellers("S1")
    old = a_key(seller)
    revoke_key(seller, app_key=old.app_key, now=LATER, actor=SELLER)

    assert active_key(seller) is None
    assert a_key(seller).app_key != old.app_key
    with pytest.raises(KeyUnknown):
        revoke_key(seller, app_key=old.app_key, now=LATER, actor=SELLER)


def test_nobody_rotates_or_revokes_anothers_key() -> None:
    one, other = make_sellers("S1", "S2")
    theirs = a_key(one)

    with pytest.raises(KeyUnknown):
        revoke_key(other, app_key=theirs.app_key, now=LATER, actor="user:2")
    with pytest.raises(KeyUnknown):
        rotate_key(other, app_key=theirs.app_key, vault=VAULT, now=LATER, actor="user:2")
    assert active_key(one) is not None


def test_no_event_tells_a_secret() -> None:
    (seller,) = make_sellers("S1")
    old = a_key(seller)
    new = rotate_key(seller, app_key=old.app_key, vault=VAULT, now=LATER, actor=SELLER)
    told = json.dumps(list(OutboxEvent.objects.values_list("payload", flat=True)))

    assert old.secret not in told
    assert new.secret not in told


def test_the_database_itself_refuses_a_second_active_key() -> None:
    (seller,) = make_sellers("S1")
    a_key(seller)

    with pytest.raises(IntegrityError, match="sandbox_key_one_active"), transaction.atomic():
        SandboxKey.objects.create(
            seller_id=seller, app_key="sbx-x", sealed_secret=b"", created_by=SELLER, created_at=NOW
        )


def test_issue_key_needs_a_seller() -> None:
    with pytest.raises(LookupError):
        issue_key(404, vault=VAULT, now=NOW, actor=SELLER)

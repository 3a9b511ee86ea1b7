"""A seller with a store of its own for papers, and its browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bantuo.apps.parties.models import Seller
from tests.interfaces.seller.shop import open_shop, sign_in


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Any) -> None:
    settings.DOCUMENT_STORE = tmp_path / "papers"


@pytest.fixture
def seller() -> Seller:
    return open_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    return sign_in(seller)

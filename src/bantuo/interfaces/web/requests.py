"""Requests as a view gets them once the access rules have let them through."""

from __future__ import annotations

from django.http import HttpRequest

from bantuo.apps.accounts.models import User
from bantuo.apps.parties.models import Seller


class UserRequest(HttpRequest):
    """Somebody who has signed in."""

    user: User


class SellerRequest(UserRequest):
    """Somebody of a seller: everything is looked up within `seller`."""

    seller: Seller

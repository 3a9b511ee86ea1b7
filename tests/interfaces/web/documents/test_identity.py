"""Consent and the identity of a legal representative."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from bantuo.apps.documents.queries import current_documents, legal_representative
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.web import consent
from tests.apps.documents.papers import NUMBER
from tests.channels.uploaded import picture
from tests.interfaces.operator.review_people import text_of
from tests.interfaces.web.documents.papers import (
    IDENTITY,
    agree,
    uploaded,
)

pytestmark = pytest.mark.django_db


def test_consent_comes_before_the_identity(client: Client, seller: Seller) -> None:
    url = reverse("seller:representative")
    assert 'name="number"' not in client.get(url).content.decode()
    early = client.post(url, IDENTITY)
    assert (early.status_code, legal_representative(seller.pk)) == (422, None)
    client.post(reverse("seller:consent"), {"version": consent.VERSION})
    assert legal_representative(seller.pk) is None
    agree(client)
    assert client.post(url, IDENTITY).status_code == 302
    told = text_of(client.get(url))
    assert "110105********002X" in told
    assert NUMBER not in told
    held = legal_representative(seller.pk)
    assert held is not None
    assert (held.consent_version, held.consent_sha256) == (consent.VERSION, consent.TEXT_SHA256)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"number": "110105194912310021"}, "not a sound identity number"),
        ({"is_long_term": "", "expires_on": "2020-05-06"}, "ran out on 6 May 2020"),
        ({"is_long_term": ""}, "tick that it is long-term"),
        ({"name": " "}, "This field is required"),
    ],
)
def test_a_bad_identity_is_refused_and_what_was_typed_stays(
    client: Client, changed: dict[str, str], words: str
) -> None:
    agree(client)
    answer = client.post(reverse("seller:representative"), {**IDENTITY, **changed})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'value="{ {**IDENTITY, **changed}["number"] }"' in answer.content.decode()


def test_consent_is_withdrawn_and_everything_goes(client: Client, seller: Seller) -> None:
    agree(client)
    client.post(reverse("seller:representative"), IDENTITY)
    uploaded(client, seller, picture(), name="card.jpg", kind="DOC-2", subject="front")
    client.post(reverse("seller:consent_withdraw"))
    assert (legal_representative(seller.pk), current_documents(seller.pk)) == (None, [])

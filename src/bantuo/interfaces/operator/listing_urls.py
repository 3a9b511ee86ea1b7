"""What sellers ask about their listings."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import listing_requests

urlpatterns: list[URLPattern | URLResolver] = [
    path("listing-requests/", listing_requests.listing_requests, name="listing_requests"),
    path("listing-requests/<int:pk>/", listing_requests.listing_request, name="listing_request"),
    path("listing-requests/<int:pk>/approve/", listing_requests.approve, name="listing_request_approve"),
    path("listing-requests/<int:pk>/refuse/", listing_requests.refuse, name="listing_request_refuse"),
]

"""The shell's own pages (landing, language, component guide, health) and the sign-in library's."""

from __future__ import annotations

from django.urls import include, path

from bantuo.interfaces.web import inbox_urls, views

_OWN = (
    [
        path("landing/", views.landing, name="landing"),
        path("language/", views.set_language, name="language"),
        path("styleguide/", views.styleguide, name="styleguide"),
        path("healthz", views.healthz, name="healthz"),
        *inbox_urls.urlpatterns,
    ],
    "web",
)

urlpatterns = [
    path("", include(_OWN)),
    path("accounts/", include("allauth.urls")),
]

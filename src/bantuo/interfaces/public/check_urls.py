"""Check before applying: without an account, without keeping anything."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.public import check, check_carry

urlpatterns: list[URLPattern | URLResolver] = [
    path("check/", check.check, name="check"),
    path("check/template.xlsx", check.template, name="check_template"),
    path("check/answers.json", check.download, name="check_download"),
    path("check/apply/", check_carry.keep_for_application, name="check_apply"),
    path("check/into-application/", check_carry.carry, name="check_carry"),
]

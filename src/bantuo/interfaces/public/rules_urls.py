"""The rules of the programme, for everybody."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.public import rules

urlpatterns: list[URLPattern | URLResolver] = [
    path("rules/", rules.list_rules, name="rules"),
    path("rules/<str:rule_id>/", rules.show_rule, name="rule"),
    path("rules/<str:rule_id>/drawer/", rules.show_drawer, name="rule_drawer"),
]

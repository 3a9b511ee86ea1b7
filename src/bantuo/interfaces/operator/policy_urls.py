"""The policy console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import policies, policy_drafts

urlpatterns: list[URLPattern | URLResolver] = [
    path("policies/", policies.list_policies, name="policies"),
    path("policies/drafts/", policy_drafts.list_drafts, name="policy_drafts"),
    path("policies/published/", policies.list_amendments, name="policy_amendments"),
    path("policies/drafts/<int:pk>/", policy_drafts.show_draft, name="policy_draft"),
    path("policies/drafts/<int:pk>/check/", policy_drafts.check, name="policy_check"),
    path("policies/drafts/<int:pk>/publish/", policy_drafts.publish, name="policy_publish"),
    path("policies/drafts/<int:pk>/discard/", policy_drafts.discard, name="policy_discard"),
    path("policies/<str:rule_id>/", policies.show_policy, name="policy"),
]

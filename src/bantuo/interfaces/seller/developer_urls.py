"""Developers: keys, calls, webhooks."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import developer, developer_webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("developers/", developer.developers, name="developers"),
    path("developers/keys/", developer.create, name="developer_key"),
    path("developers/keys/<int:pk>/rotate/", developer.rotate, name="developer_key_rotate"),
    path("developers/keys/<int:pk>/revoke/", developer.revoke, name="developer_key_revoke"),
    path("developers/calls/", developer.calls, name="developer_calls"),
    path("developers/webhooks/", developer_webhooks.webhooks, name="webhooks"),
    path("developers/webhooks/<int:pk>/", developer_webhooks.webhook, name="webhook"),
    path("developers/webhooks/<int:pk>/kinds/", developer_webhooks.kinds, name="webhook_kinds"),
    path("developers/webhooks/<int:pk>/rotate/", developer_webhooks.rotate, name="webhook_rotate"),
    path("developers/webhooks/<int:pk>/test/", developer_webhooks.test, name="webhook_test"),
    path("developers/webhooks/<int:pk>/redeliver/", developer_webhooks.redeliver, name="webhook_redeliver"),
    path("developers/webhooks/<int:pk>/disable/", developer_webhooks.disable, name="webhook_disable"),
    path("developers/webhooks/<int:pk>/enable/", developer_webhooks.enable, name="webhook_enable"),
    path("developers/webhooks/<int:pk>/remove/", developer_webhooks.remove, name="webhook_remove"),
    path(
        "developers/webhooks/<int:pk>/messages/<int:message>/", developer_webhooks.message,
        name="webhook_message",
    ),
]  # fmt: skip

"""Where everything is served."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("bantuo.interfaces.web.urls")),
    path("", include("bantuo.interfaces.public.urls")),
    path("seller/", include("bantuo.interfaces.seller.urls")),
    path("operator/", include("bantuo.interfaces.operator.urls")),
    path("sandbox/", include("bantuo.interfaces.sandbox.urls")),
    path("api/", include("bantuo.interfaces.api.urls")),
    path("", include("bantuo.interfaces.gateway.urls")),
    path("oauth/", include("bantuo.interfaces.seller.oauth_urls")),
    path("admin/", admin.site.urls),
]

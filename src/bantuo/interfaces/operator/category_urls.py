"""The category admission list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import categories

urlpatterns: list[URLPattern | URLResolver] = [
    path("categories/", categories.list_categories, name="categories"),
    path("categories/lists/<int:pk>/", categories.show_list, name="category_list"),
    path("categories/template/", categories.download_template, name="category_template"),
    path("categories/upload/", categories.upload, name="category_upload"),
    path("categories/uploads/<int:pk>/", categories.show_upload, name="category_draft"),
    path("categories/uploads/<int:pk>/publish/", categories.publish, name="category_publish"),
    path("categories/uploads/<int:pk>/discard/", categories.discard, name="category_discard"),
]

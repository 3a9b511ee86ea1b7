"""The shell of all pages as a Django app, for its template tags."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "bantuo.interfaces.web"
    label = "web"

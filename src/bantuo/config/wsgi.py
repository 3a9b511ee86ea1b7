"""The WSGI application that the server runs: Django, with its static files in front."""

from __future__ import annotations

import os
from pathlib import Path

import django.contrib.admin
from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from bantuo.interfaces.api.call_log import write_in_background
from bantuo.interfaces.web.assets import STATIC_FOLDER

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bantuo.config.settings")


def _is_hashed(path: str, url: str) -> bool:
    """Everything the build writes carries its hash, but for the lists of names."""
    return "/static/admin/" not in url and not path.endswith(".json")


application = WhiteNoise(
    get_wsgi_application(), root=str(STATIC_FOLDER), prefix="static/", immutable_file_test=_is_hashed
)
# Django's plain admin brings its own files; they carry no hash.
application.add_files(Path(django.contrib.admin.__file__).parent / "static" / "admin", prefix="static/admin/")
write_in_background()

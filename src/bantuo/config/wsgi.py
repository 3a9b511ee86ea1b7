"""The WSGI application that the server runs: Django, with its static files in front."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from bantuo.interfaces.web.assets import STATIC_FOLDER

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bantuo.config.settings")


def _is_hashed(path: str, url: str) -> bool:
    """Everything the build writes carries its hash, but for the list of names."""
    return not path.endswith("manifest.json")


application = WhiteNoise(
    get_wsgi_application(), root=str(STATIC_FOLDER), prefix="static/", immutable_file_test=_is_hashed
)

"""The WSGI application that the server runs: Django, with its static files in front."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import django
import django.contrib.admin
from whitenoise import WhiteNoise

from bantuo.interfaces.api.call_log import write_in_background
from bantuo.interfaces.web.assets import STATIC_FOLDER
from bantuo.interfaces.web.direct_calls import Handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bantuo.config.settings")
django.setup(set_prefix=False)


def _is_hashed(path: str, url: str) -> bool:
    """Everything the build writes carries its hash, but for the lists of names."""
    return "/static/admin/" not in url and not path.endswith(".json")


application = WhiteNoise(Handler(), root=str(STATIC_FOLDER), prefix="static/", immutable_file_test=_is_hashed)
# Django's plain admin brings its own files; they carry no hash.
application.add_files(Path(django.contrib.admin.__file__).parent / "static" / "admin", prefix="static/admin/")
write_in_background()
# What is loaded by now stays: the collector need not walk it again and again.
gc.collect()
gc.freeze()

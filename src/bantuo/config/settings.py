"""Django settings: everything that differs between places comes from BANTUO_* variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

VAR = Path(os.environ.get("BANTUO_VAR", "var")).resolve()
DATABASE_URL = os.environ.get("BANTUO_DATABASE_URL", "postgresql:///bantuo")
SECRET_KEY = os.environ.get("BANTUO_SECRET_KEY", "only for a process that serves no pages")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "bantuo.apps.events",
    "bantuo.apps.parties",
    "bantuo.apps.policies",
    "bantuo.apps.ledger",
    "bantuo.apps.catalog",
    "bantuo.apps.stock",
    "bantuo.apps.orders",
    "bantuo.apps.warehouse",
    "bantuo.apps.customs",
    "bantuo.apps.aftersales",
    "bantuo.apps.settlement",
    "bantuo.apps.admission",
    "bantuo.apps.health",
    "bantuo.simulate",
]


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings = {django: str(parts.pop(libpq, "") or "") for libpq, django in named.items()}
    return {"ENGINE": "django.db.backends.postgresql", **settings, "OPTIONS": dict(parts)}


DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]

"""Django settings: everything that differs between places comes from BANTUO_* variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from bantuo.config.logs import logging_settings
from bantuo.config.secrets import kept_secret

VAR = Path(os.environ.get("BANTUO_VAR", "var")).resolve()
DATABASE_URL = os.environ.get("BANTUO_DATABASE_URL", "postgresql:///bantuo")
DEBUG = False
DEMO = os.environ.get("BANTUO_DEMO") == "1"  # shows the demo accounts and their one-time codes
SECRET_KEY = os.environ.get("BANTUO_SECRET_KEY") or kept_secret(VAR / "keys" / "django.key")
DOCUMENT_KEY = os.environ.get("BANTUO_DOCUMENT_KEY") or kept_secret(VAR / "keys" / "documents.key")
DOCUMENT_KEYS_FORMER = tuple(filter(None, os.environ.get("BANTUO_DOCUMENT_KEYS_FORMER", "").split(",")))
DOCUMENT_STORE = Path(os.environ.get("BANTUO_DOCUMENT_STORE", VAR / "documents"))
ALLOWED_HOSTS = os.environ.get("BANTUO_HOSTS", "127.0.0.1,localhost").split(",")
BASE_URL = os.environ.get("BANTUO_BASE_URL", "http://127.0.0.1:8000")
DEMO_CLOCK = os.environ.get("BANTUO_DEMO_CLOCK")  # a file with seconds to add to the clock; see web/clock.py
HTTPS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_tables2",
    "django_filters",
    "procrastinate.contrib.django",
    "bantuo.interfaces.web",
    "bantuo.apps.events",
    "bantuo.apps.parties",
    "bantuo.apps.accounts",
    "bantuo.apps.policies",
    "bantuo.apps.ledger",
    "bantuo.apps.catalog",
    "bantuo.apps.stock",
    "bantuo.apps.orders",
    "bantuo.apps.warehouse",
    "bantuo.apps.customs",
    "bantuo.apps.aftersales",
    "bantuo.apps.settlement",
    "bantuo.apps.documents",
    "bantuo.apps.erp",
    "bantuo.apps.admission",
    "bantuo.apps.health",
    "bantuo.apps.integrations",
    "bantuo.apps.open_platform",
    "bantuo.apps.notices",
    "bantuo.simulate",
]

# Calls a minute of one key and process, where the key says nothing of its own.
API_CALLS_PER_MINUTE = int(os.environ.get("BANTUO_API_CALLS_PER_MINUTE", "6000"))

LOGGING = logging_settings()

MIDDLEWARE = [
    "bantuo.interfaces.web.request_log.RequestLog",
    "bantuo.interfaces.web.direct.Direct",
    "django.middleware.gzip.GZipMiddleware",
    "bantuo.interfaces.web.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "bantuo.interfaces.web.upload_cap.UploadCap",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "bantuo.interfaces.web.middleware.Language",
    "bantuo.interfaces.web.middleware.Access",
]

# Machines call here: the prefix, what of it the URLs leave out, and the URLs.
DIRECT_URLS = (
    ("/api/", "/api/", "bantuo.interfaces.api.urls"),
    ("/sync", "/", "bantuo.interfaces.gateway.urls"),
    ("/rest", "/", "bantuo.interfaces.gateway.urls"),
    ("/router/rest", "/", "bantuo.interfaces.gateway.urls"),
)

_INTERFACES = Path(__file__).resolve().parent.parent / "interfaces"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_INTERFACES / area / "templates" for area in ("web", "public", "seller", "operator")],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bantuo.interfaces.web.context.shell",
            ],
            "builtins": ["bantuo.interfaces.web.templatetags.ui", "django.templatetags.i18n"],
        },
    }
]
ROOT_URLCONF = "bantuo.config.urls"
WSGI_APPLICATION = "bantuo.config.wsgi.application"

STATIC_URL = "/static/"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["bantuo.interfaces.web.signin.Accounts"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:landing"

SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # of a form without its files
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # a larger file goes to a temporary one

EMAIL_HOST = os.environ.get("BANTUO_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("BANTUO_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("BANTUO_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("BANTUO_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("BANTUO_SMTP_TLS", "1") == "1"
EMAIL_TIMEOUT = 20
EMAIL_BACKEND = os.environ.get(
    "BANTUO_EMAIL_BACKEND",
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend",
)
EMAIL_FILE_PATH = os.environ.get("BANTUO_EMAIL_FILES")
DEFAULT_FROM_EMAIL = os.environ.get("BANTUO_FROM_EMAIL", "bantuo@localhost")

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Figures that may be a minute old, each process for itself: nothing that must agree between processes.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings = {django: str(parts.pop(libpq, "") or "") for libpq, django in named.items()}
    options: dict[str, Any] = dict(parts)
    pool = int(os.environ.get("BANTUO_DATABASE_POOL", "0"))  # connections of a process with many threads
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 20}
    # Those of a pool are looked at before they are used: they may be older than the server's last restart.
    checked = {"CONN_HEALTH_CHECKS": bool(pool)}
    return {"ENGINE": "django.db.backends.postgresql", **checked, **settings, "OPTIONS": options}


DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [_INTERFACES / area / "locale" for area in ("web", "public", "seller", "operator")]

# ---- Signing in: ACCOUNT_*, MFA_*, USERSESSIONS_* (django-allauth; the glue is interfaces/web/signin*.py)
ACCOUNT_ADAPTER = "bantuo.interfaces.web.signin.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "bantuo.interfaces.web.signin_forms.SignInForm",
    "signup": "bantuo.interfaces.web.signin_forms.SignUpForm",
    "reset_password": "bantuo.interfaces.web.signin_forms.ResetForm",
    "reset_password_from_key": "bantuo.interfaces.web.signin_forms.NewPasswordForm",
    "change_password": "bantuo.interfaces.web.signin_forms.ChangeForm",
    "reauthenticate": "bantuo.interfaces.web.signin_forms.PasswordAgainForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"  # the default mail backend is the console
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Bantuo] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "bantuo.interfaces.web.signin_tokens.LinkTokens"
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key"}
MFA_ADAPTER = "bantuo.interfaces.web.signin.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "bantuo.interfaces.web.signin_forms.CodeForm",
    "reauthenticate": "bantuo.interfaces.web.signin_forms.CodeAgainForm",
    "activate_totp": "bantuo.interfaces.web.signin_forms.ActivateForm",
}
MFA_TOTP_ISSUER = "Bantuo"
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute wrong
USERSESSIONS_TRACK_ACTIVITY = False  # would write on every request
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("BANTUO_TRUSTED_PROXIES", "0"))

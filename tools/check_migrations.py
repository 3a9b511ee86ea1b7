"""Fail when a model has changed without a migration. Needs no database."""

from __future__ import annotations

import os
import sys
import warnings

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bantuo.config.settings")


def main() -> None:
    """Exit 1 and name the change when migrations are missing."""
    django.setup()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no server is needed to compare models with files
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)


if __name__ == "__main__":
    sys.exit(main())

"""Write the OpenAPI document beside the tests: `python -m tests.interfaces.api.write_snapshot`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bantuo.config.settings")
django.setup()

from bantuo.interfaces.api import urls  # noqa: E402
from bantuo.interfaces.api.document import document  # noqa: E402

if __name__ == "__main__":
    assert urls.urlpatterns
    text = json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True)
    (Path(__file__).parent / "openapi.json").write_text(text + "\n", encoding="utf-8")

"""Draw docs/screens: the main pages of a running demonstration, in both languages, as WebP.

`make demo` in one terminal, then `python -m tools.screens` in another.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HOME = os.environ.get("BANTUO_BASE_URL", "http://127.0.0.1:8000")
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screens"
NOBODY = ""
# name, who looks (an account of the demonstration), address, width
PAGES = (
    ("home", NOBODY, "/", 1440),
    ("check", NOBODY, "/check/", 390),
    ("rule", NOBODY, "/rules/ELG-1/", 1440),
    ("application", "seller-new@demo.example", "/seller/application/", 1440),
    ("diagnosis", "seller-papers@demo.example", "/seller/diagnosis/", 1440),
    ("report", "seller-data@demo.example", "/seller/report/", 390),
    ("queue", "reviewer@demo.example", "/operator/applications/", 1440),
    ("dashboard", "administrator@demo.example", "/operator/", 1440),
    ("policies", "policy@demo.example", "/operator/policies/", 1440),
)
LANGUAGES = ("zh-hans", "en")
HEIGHT_MAX = 1500


def main() -> int:
    """Every page of the list, once in each language."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=os.environ.get("BANTUO_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        for name, who, address, width in PAGES:
            context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
            page = context.new_page()
            if who:
                _sign_in(page, who)
            for language in LANGUAGES:
                _draw(page, f"{name}-{language}", address, language)
            context.close()
    return 0


def _draw(page: Page, name: str, address: str, language: str) -> None:
    page.goto(f"{HOME}{address}")
    _choose_language(page, language)
    page.goto(f"{HOME}{address}")
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    picture = picture.crop((0, 0, picture.width, min(picture.height, HEIGHT_MAX)))
    picture.save(FOLDER / f"{name}.webp", quality=80, method=6)


def _sign_in(page: Page, who: str) -> None:
    """With the demonstration's buttons: the account, then the code that the page shows."""
    page.goto(f"{HOME}/accounts/login/")
    page.locator(f"form:has(input[value='{who}']) [type=submit]").click()
    page.wait_for_load_state()
    code = page.locator("#demo-code")
    if code.count():
        page.locator("input[name=code]").fill(code.inner_text().strip())
        page.locator("main form:has(input[name=code]) [type=submit]").first.click()
        page.wait_for_load_state()


def _choose_language(page: Page, language: str) -> None:
    """By the switch at the top, unless the page is in that language already."""
    switch = page.locator(f"form[action='/language/'] button[value='{language}']")
    if switch.count():
        switch.first.click()
        page.wait_for_load_state()


if __name__ == "__main__":
    sys.exit(main())

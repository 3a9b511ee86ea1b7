"""People at their screens: every page they see is checked, and kept as a picture under var/screens."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import re
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.processes import ROOT

SCREENS = ROOT / "var" / "screens"
_AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
OPERATOR_PASSWORD = "seven-small-lanterns-9"
WIDE, NARROW = (1440, 900), (390, 844)
ARRIVED: list[Person] = []  # the people of the running test
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}


@dataclass(frozen=True)
class Site:
    """The server under test."""

    url: str
    home: Path
    database: str
    factors: dict[str, str]  # mail address → secret of the one-time codes, as an authenticator app keeps it

    def mails_to(self, address: str) -> list[str]:
        """The texts of the mails sent to an address, oldest first."""
        found = []
        for path in sorted((self.home / "mails").glob("*"), key=lambda path: path.stat().st_mtime_ns):
            for raw in path.read_text(encoding="utf-8").split("-" * 79):
                message = email.message_from_string(raw.strip(), policy=email.policy.default)
                if address in str(message["To"]):
                    found.append(str(message.get_body().get_content()))  # type: ignore[union-attr]
        return found


@dataclass
class Person:
    """One browser of one person. What is wrong with its pages is gathered and fails the test at its end."""

    site: Site
    name: str
    language: str
    size: tuple[int, int]
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seen: int = 0

    def visit(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(f"{self.site.url}{path}")

    def fetch(self, link: str) -> bytes:
        """What is behind a link of the page, got with the person's own session."""
        href = str(self.page.locator(link).first.get_attribute("href"))
        answer = self.context.request.get(f"{self.site.url}{href}")
        assert answer.ok, f"{href}: {answer.status}"
        return answer.body()

    def look(self, what: str) -> None:
        """Keep a picture of what is on the screen, and check all that holds for every page."""
        self.seen += 1
        folder = SCREENS / f"{self.name}-{self.language}-{self.size[0]}"
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{self.seen:02}-{what}.png", full_page=True)
        beyond = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found = [f"the page is {beyond} px wider than the screen"] if beyond > 0 else []
        found += self.violations()
        self.faults += [f"{self.name} {self.language} {self.size[0]} {what}: {fault}" for fault in found]

    def violations(self) -> list[str]:
        """What axe-core finds, each with the first place it stands."""
        self.page.evaluate(_AXE)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{v['id']}: {v['help']}: {v['nodes'][0]['target']} {v['nodes'][0]['html'][:160]}"
            f" {v['nodes'][0].get('failureSummary', '')[:300]}"
            for v in found["violations"]
        ]

    def forget(self, pattern: str) -> None:
        """Take back complaints that a step provoked on purpose; one at least must come within seconds."""
        for _ in range(50):
            if any(re.search(pattern, said) for said in self.complaints):
                break
            self.page.wait_for_timeout(100)
        matching = [said for said in self.complaints if re.search(pattern, said)]
        assert matching, f"nothing said {pattern!r}: {self.complaints}"
        self.complaints = [said for said in self.complaints if said not in matching]

    def sign_in(self, email: str, password: str = OPERATOR_PASSWORD) -> None:
        """By address and password, and by the code of the moment where the account has a second factor."""
        self.visit("/accounts/login/")
        self.page.locator("input[name=login]").fill(email)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("main form:has(input[name=password]) [type=submit]").click()
        if email in self.site.factors:
            self.page.locator("input[name=code]").fill(code_now(self.site.factors[email]))
            self.page.locator("main form:has(input[name=code]) [type=submit]").first.click()


def code_now(secret: str, *, at: int | None = None) -> str:
    """The one-time code (RFC 6238, 30 seconds, six digits) that an authenticator app would show."""
    counter = struct.pack(">Q", (at if at is not None else int(time.time())) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return str((int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF) % 1_000_000).zfill(6)


def arrive(browser: Browser, site: Site, name: str, *, language: str, size: tuple[int, int]) -> Person:
    """Somebody who has never been here."""
    context = browser.new_context(
        locale=LOCALES[language],
        viewport={"width": size[0], "height": size[1]},
        has_touch=size == NARROW,
        accept_downloads=True,
    )
    context.add_cookies([{"name": "language", "value": language, "url": site.url}])
    page = context.new_page()
    person = Person(site, name, language, size, context, page)
    ARRIVED.append(person)
    page.on(
        "console", lambda said: said.type == "error" and person.complaints.append(f"{page.url}: {said.text}")
    )
    page.on("pageerror", lambda error: person.complaints.append(f"{page.url}: {error}"))
    return person

"""The components of the pages (docs/pages.md), as template tags and filters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bantuo.apps.accounts.queries import actor_names
from bantuo.core.money import format_fen, format_percent
from bantuo.interfaces.web.assets import STATIC_FOLDER, asset_url
from bantuo.interfaces.web.words import word_of

register = template.Library()
_ZONES = {"Asia/Shanghai": ("北京时间", "Beijing time")}


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built static file."""
    return asset_url(name)


@cache
def _icons() -> dict[str, str]:
    icons: dict[str, str] = json.loads((STATIC_FOLDER / "icons.json").read_text(encoding="utf-8"))
    return icons


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon; what it means always stands beside it in words."""
    inner = _icons().get(name) or _icons()["circle"]
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round"'
        ' stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        mark_safe(inner),  # from our own build
    )


@register.simple_tag
def badge(value: Any, kind: str) -> SafeString:
    """A status as a word in a tone, by its code: words and tones stand in web/words.py."""
    word = word_of(kind, "" if value is None else str(value))
    return format_html('<span class="tone tone-{}">{}</span>', word.tone, word.label)


@register.simple_tag
def word(value: Any, kind: str) -> str:
    """The word of a code without its tone, for a sentence."""
    return str(word_of(kind, "" if value is None else str(value)).label)


@register.inclusion_tag("web/parts/field.html")
def field(bound: BoundField, hint: str = "") -> dict[str, Any]:
    """A form field with label, help and errors, tied together for screen readers."""
    widget = bound.field.widget
    is_group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    is_check = isinstance(widget, CheckboxInput)
    described = [f"{bound.auto_id}-hint"] if bound.help_text or hint else []
    described += [f"{bound.auto_id}-error"] if bound.errors else []
    attributes = {"class": _css(bound, is_check=is_check, is_group=is_group)}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    control = bound.as_widget(attrs={**widget.attrs, **attributes})
    return {"bound": bound, "control": control, "is_group": is_group, "is_check": is_check, "hint": hint}


def _css(bound: BoundField, *, is_check: bool, is_group: bool) -> str:
    """Tabler's class for the control, beside what the form's author asked for."""
    own = str(bound.field.widget.attrs.get("class", ""))
    kind = getattr(bound.field.widget, "input_type", "")
    base = (
        "form-check-input" if is_check or is_group else "form-select" if kind == "select" else "form-control"
    )
    invalid = " is-invalid" if bound.errors and not is_group else ""
    return f"{base}{invalid} {own}".strip()


@register.inclusion_tag("web/parts/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """A whole form: what is wrong with all of it, then its fields in order."""
    return {"form": form}


@register.inclusion_tag("web/parts/empty.html")
def empty(title: str, text: str = "", icon: str = "inbox", url: str = "", action: str = "") -> dict[str, Any]:
    """What a page shows when there is nothing yet, and what to do about it."""
    return {"title": title, "text": text, "icon_name": icon, "url": url, "action": action}


@register.inclusion_tag("web/parts/figure.html")
def figure(label: str, value: Any, note: str = "", tone: str = "", url: str = "") -> dict[str, Any]:
    """One figure with its label and a remark."""
    return {"label": label, "value": thousands(value), "note": note, "tone": tone, "url": url}


@register.filter
def thousands(value: Any) -> Any:
    """A whole number with its thousands set apart, alike in both languages; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


@register.inclusion_tag("web/parts/stepper.html")
def stepper(steps: Iterable[Any]) -> dict[str, Any]:
    """Where somebody stands on a way: each step has `label`, `state` (done, current, todo, failed), `url`."""
    words = {
        "done": _("done"),
        "current": _("current step"),
        "todo": _("to do"),
        "failed": _("needs mending"),
    }
    return {"steps": list(steps), "words": words}


@register.inclusion_tag("web/parts/timeline.html")
def timeline(events: Iterable[Any]) -> dict[str, Any]:
    """What happened, newest first as given: `at`, `title`, `text`, `actor`, `tone`."""
    return {"events": list(events)}


@register.inclusion_tag("web/parts/chart.html")
def chart(chart: Any) -> dict[str, Any]:
    """A chart as a picture with its table underneath."""
    return {"chart": chart}


@register.simple_tag
def rule(rule_id: str, label: str = "") -> SafeString:
    """A rule's id that opens its explanation in the drawer; without script, its page."""
    return format_html(
        '<a class="rule-link" href="{}" hx-get="{}" hx-target="#drawer-body" hx-swap="innerHTML">{}</a>',
        reverse("public:rule", args=[rule_id]),
        reverse("public:rule_drawer", args=[rule_id]),
        label or rule_id,
    )


@register.simple_tag(takes_context=True)
def querystring_with(context: template.Context, **changed: Any) -> str:
    """The page's own address with some parameters changed; None takes one away."""
    query = context["request"].GET.copy()
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def block_again(context: template.Context, name: str) -> str:
    """A block of the page a second time: the title stands in the head and as the heading."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return "" if block is None else block.nodelist.render(context)


@register.filter
def fen(amount: int | None) -> str:
    """Money in fen as people write it: ¥20,000.00."""
    if amount is None:
        return "–"
    text = format_fen(abs(amount))
    whole, _dot, cents = text.partition(".")
    return f"{'−' if amount < 0 else ''}¥{int(whole):,}.{cents or '00'}"


@register.filter
def bp(rate: int | None) -> str:
    """Basis points as a percentage: 350 → 3.5%."""
    return "–" if rate is None else format_percent(rate)


@register.filter
def km(metres: int | None) -> str:
    """Metres as kilometres with one decimal: 250000 → 250.0 km."""
    return "–" if metres is None else f"{metres // 1000:,}.{metres % 1000 // 100} km"


@register.filter
def when(at: datetime | None) -> str:
    """An instant in the programme's zone, which it names."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return f"{formats.date_format(local, _('Y-m-d H:i'))} {_zone()}"


def _zone() -> str:
    zh, en = _ZONES.get(timezone.get_current_timezone_name(), (timezone.get_current_timezone_name(),) * 2)
    return zh if _is_chinese() else en


@register.filter
def day(on: date | None) -> str:
    """A date in the local form."""
    return "–" if on is None else formats.date_format(on, "Y年n月j日" if _is_chinese() else "j M Y")


@register.filter
def tr(text: Any) -> str:
    """The reader's language of a text that has both."""
    if text is None:
        return ""
    if isinstance(text, Mapping):
        return str(text["zh" if _is_chinese() else "en"])
    return str(text.zh if _is_chinese() else text.en)


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


@register.filter
def actor(name: str | None) -> str:
    """The person behind `user:12`; what a program or the system itself did says so."""
    if not name:
        return ""
    if found := actor_names([name]).get(name):
        return found
    kind, _colon, told = name.partition(":")
    match kind:
        case "key":
            return _("API key %(number)s") % {"number": told}
        case "app":
            return _("ERP app %(key)s") % {"key": told}
    return _("system") if name.startswith(("system", "job")) else name


@register.filter
def bytes(size: int | None) -> str:
    """A file's size in kB or MB."""
    if size is None:
        return "–"
    kilobytes = max(1, (size + 512) // 1024)
    return f"{kilobytes:,} kB" if kilobytes < 10_240 else f"{kilobytes // 1024:,} MB"

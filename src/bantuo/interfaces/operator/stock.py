"""Every seller's day of stock: who has stated everything, who has not, and who tends to be late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
import django_tables2
from django.core.cache import cache
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from bantuo.apps.parties.models import Binding, ProgrammeState, Seller
from bantuo.apps.stock.models import Balance, DayWarning, Declaration, SellerDay, Shortage
from bantuo.apps.stock.queries import DayCounts, DaySums, day_counts, day_sums
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.interfaces.web.access import OPERATOR_ROLES, access
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.stock_words import day_code
from bantuo.interfaces.web.tables import ListFilter, ListTable, NumberColumn, WhenColumn, list_page
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import word_of

LATE_DAYS = 30
_KEPT_SECONDS = 60


class DayFilter(ListFilter):
    """By how the day stands, and a search by the seller's code or name."""

    q = django_filters.CharFilter(label=_("Seller"), method="named")
    state = django_filters.ChoiceFilter(
        label=_("Today"),
        choices=(
            ("missing", _("something is missing")),
            ("complete", _("complete")),
            ("warned", _("warned today")),
            ("short", _("with an open shortage")),
        ),
        empty_label=_("all"),
        method="standing",
    )

    def named(self, queryset: QuerySet[Seller], name: str, value: str) -> QuerySet[Seller]:
        text = value.replace("\x00", "").strip()
        return queryset.filter(Q(code__icontains=text) | Q(name__icontains=text))

    def standing(self, queryset: QuerySet[Seller], name: str, value: str) -> QuerySet[Seller]:
        day: OperatingDay = self.request.stock_day
        asked = _asked()
        match value:
            case "missing":
                return queryset.filter(Exists(asked.exclude(_in_time(day))))
            case "complete":
                return queryset.filter(Exists(asked), ~Exists(asked.exclude(_in_time(day))))
            case "warned":
                warned = DayWarning.objects.filter(seller=OuterRef("pk"), business_date=day.on)
                return queryset.filter(Exists(warned))
            case _:
                short = Shortage.objects.filter(seller=OuterRef("pk"), closed_at__isnull=True)
                return queryset.filter(Exists(short))


class SellerDays(ListTable):
    """A seller a row."""

    code = django_tables2.Column(verbose_name=_("Seller"))
    name = django_tables2.Column(verbose_name=_("Name"))
    listed = NumberColumn(verbose_name=_("To be stated"), orderable=False, empty_values=())
    stated = NumberColumn(verbose_name=_("Stated in time"), orderable=False, empty_values=())
    missing = NumberColumn(verbose_name=_("Missing"), orderable=False, empty_values=())
    state = django_tables2.Column(verbose_name=_("Today"), orderable=False, empty_values=())
    warned_at = WhenColumn(verbose_name=_("Warned"), default="–", orderable=False)
    last_at = WhenColumn(verbose_name=_("Last statement"), default="–", orderable=False)
    late = NumberColumn(verbose_name=_("Late in 30 days"), orderable=False)

    class Meta(ListTable.Meta):
        model = Seller
        fields = (
            "code", "name", "listed", "stated", "missing", "state", "warned_at", "last_at", "late",
        )  # fmt: skip
        order_by = "code"

    empty_title = _("No active seller yet")
    empty_hint = _("Sellers appear here as soon as they are active in the programme.")

    def __init__(self, *args: Any, day: OperatingDay, is_cut: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day, self.is_cut = day, is_cut

    @cached_property
    def counts(self) -> dict[int, DayCounts]:
        """How the day stands, of the sellers on the page or of all that are exported."""
        return day_counts([row.record.pk for row in self.paginated_rows], self.day)

    def render_listed(self, record: Seller) -> str:
        return f"{self.value_listed(record):,}"

    def value_listed(self, record: Seller) -> int:
        return self.counts[record.pk].listed

    def render_stated(self, record: Seller) -> str:
        return f"{self.value_stated(record):,}"

    def value_stated(self, record: Seller) -> int:
        return self.counts[record.pk].stated

    def render_missing(self, record: Seller) -> str:
        return f"{self.value_missing(record):,}"

    def value_missing(self, record: Seller) -> int:
        return self.value_listed(record) - self.value_stated(record)

    def render_state(self, record: Seller) -> SafeString:
        return badge(self._code(record), "stock_day")

    def value_state(self, record: Seller) -> str:
        return str(word_of("stock_day", self._code(record)).label)

    def _code(self, record: Seller) -> str:
        listed, stated, _today = self.counts[record.pk]
        return day_code(listed=listed, is_complete=listed == stated, is_cut=self.is_cut)


@access(view=OPERATOR_ROLES)
@require_GET
def stock(request: UserRequest) -> HttpResponse:
    """The day over all sellers in figures, and the sellers one by one."""
    programme = programme_of(request)
    day = operating_day(programme.book, programme.on)
    request.stock_day = day  # type: ignore[attr-defined]
    is_cut = day.is_cut(programme.now)
    return list_page(
        request,
        table=SellerDays,
        filter=DayFilter,
        queryset=_sellers(day),
        title=str(_("Stock of the day")),
        template="operator/stock.html",
        context={
            "day": day,
            "sums": sums_of(day),
            "cutoff": timezone.localtime(day.cutoff_at),
            "is_cut": is_cut,
            "warned": DayWarning.objects.filter(business_date=day.on).count(),
        },
        table_options={"day": day, "is_cut": is_cut},
    )


def sums_of(day: OperatingDay) -> DaySums:
    """The figures over all sellers, counted once a minute at most: they read every balance."""
    key = f"stock.day_sums:{day.on}"
    kept = cache.get(key)
    if kept is None:
        kept = tuple(day_sums(day))
        cache.set(key, kept, _KEPT_SECONDS)
    return DaySums(*kept)


def _sellers(day: OperatingDay) -> QuerySet[Seller]:
    """Active sellers; what is counted of each is looked up for the rows of the page alone."""
    since = day.on - timedelta(days=LATE_DAYS)
    late = SellerDay.objects.filter(seller=OuterRef("pk"), business_date__gte=since, in_time=False)
    warned = DayWarning.objects.filter(seller=OuterRef("pk"), business_date=day.on)
    last = Declaration.objects.filter(seller=OuterRef("pk")).order_by("-id")
    return Seller.objects.filter(programme_state=ProgrammeState.ACTIVE, active_from__lte=day.on).annotate(
        late=_counted(late),
        warned_at=Subquery(warned.values("warned_at")[:1]),
        last_at=Subquery(last.values("received_at")[:1]),
    )


def _asked() -> QuerySet[Balance]:
    """What the day asks of the seller outside: listed, semi-managed, at the warehouse bound to."""
    bound = Binding.objects.filter(
        seller=OuterRef("seller"), warehouse=OuterRef("warehouse"), unbound_at__isnull=True
    )
    return Balance.objects.filter(
        Exists(bound), seller=OuterRef("pk"), sku__semi_managed=True, sku__delisted_at__isnull=True
    )


def _in_time(day: OperatingDay) -> Q:
    return Q(stated_on=day.on, stated_first_at__lte=day.last_in_time)


def _counted(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("seller").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


__all__ = ["stock", "sums_of"]

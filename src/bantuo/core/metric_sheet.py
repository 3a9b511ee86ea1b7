"""The metrics by name: unit, range and meaning. What a flat file of sellers may hold."""

from __future__ import annotations

from dataclasses import dataclass

from bantuo.core.policy import Text


@dataclass(frozen=True, slots=True)
class Metric:
    """One whole-number metric; `share_of` names the metric it may not exceed."""

    name: str
    unit: str
    low: int
    high: int
    meaning: Text
    share_of: str | None = None


def _count(name: str, zh: str, en: str, *, share_of: str | None = None) -> Metric:
    return Metric(name, "count", 0, 10**9, Text(zh, en), share_of)


def _flag(name: str, zh: str, en: str) -> Metric:
    return Metric(name, "flag", 0, 1, Text(zh, en))


_LISTED = (
    _count(
        "sell_through_num",
        "窗口期内有销量的SKU数",
        "SKUs sold within the window",
        share_of="sell_through_den",
    ),
    _count("sell_through_den", "在架SKU数", "SKUs listed"),
    Metric("dsr", "score_1e4", 0, 50_000, Text("店铺综合DSR评分", "Composite store DSR score")),
    _count("serious_complaints", "严重物流投诉件数", "Serious logistics complaints, open or upheld"),
    _flag("brand_failed", "品牌授权审核未通过", "Brand authorisation refused"),
    Metric(
        "licence_age_days", "days", -100_000, 100_000, Text("执照注册至今天数", "Days since registration")
    ),
    _flag("category_admitted", "申报类目均在准入清单内", "All declared categories are on the admission list"),
    _flag("apparel", "含服装商品", "Sells apparel"),
    _count("size_chart_missing", "缺少有效尺码表的服装商品数", "Apparel products without a valid size chart"),
    _count(
        "attributes_missing_num",
        "缺失的必填属性数",
        "Required attributes missing",
        share_of="attributes_missing_den",
    ),
    _count("attributes_missing_den", "必填属性数", "Attributes required"),
    _count("disputes_num", "近30天物流纠纷订单数", "Orders disputed for logistics", share_of="disputes_den"),
    _count("disputes_den", "近30天订单数", "Orders of the last 30 days"),
    _count("listed_times_max", "重复上架最多的SKU的上架次数", "Listings of the most often listed SKU"),
    _flag("has_erp", "有ERP", "Has an ERP"),
    Metric(
        "erp_api_version",
        "version",
        0,
        100_000_000,
        Text("API版本(主×10000+次)", "API version (major × 10 000 + minor)"),
    ),
    Metric(
        "sync_p95_ms",
        "ms",
        0,
        10**9,
        Text("库存接口第95百分位耗时", "95th percentile of the stock interface"),
    ),
    _count("probe_calls", "探测调用次数", "Calls of the probe"),
    _flag("scope_contains", "经营范围含“货物进出口”", "Licence scope names the import and export of goods"),
    Metric(
        "turnover_fen",
        "fen",
        0,
        10**15,
        Text("近3个月最高单月流水", "Turnover of the best of the last three months"),
    ),
    _flag("cross_border_seen", "流水体现跨境收支", "Cross-border flows on the statement"),
    _flag("address_matches", "执照地址与经营地一致", "Licence address is the place of business"),
    _count("epr_missing", "缺EPR注册号的商品×站点×类别数", "Product × site × stream without an EPR number"),
    _count(
        "documents_missing",
        "资料缺失、过期或未勾选的项数",
        "Papers missing, expired or unticked",
    ),
    _count("orders_per_day", "日均单量", "Orders a day"),
    _count("weight_g_max", "最重单件(克)", "Heaviest piece, grams"),
    Metric("volume_mm3_max", "mm3", 0, 10**15, Text("最大单件体积", "Largest piece")),
    _count("return_rate_num", "退货订单数", "Orders returned", share_of="return_rate_den"),
    _count("return_rate_den", "退货率的订单数", "Orders the returns are counted over"),
    _count("tenure_months", "入驻月数", "Months in the marketplace"),
    Metric("dsr_logistics", "score_1e4", 0, 50_000, Text("DSR物流服务分", "Logistics part of the score")),
    _count(
        "customs_anomalies", "近180天海关查验异常次数", "Customs inspections with a finding, last 180 days"
    ),
    _flag("brand_registered", "品牌备案", "Brand registered with the marketplace"),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _LISTED}

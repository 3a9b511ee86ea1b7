"""The names of the countries that goods go to, as the open-platform protocol tells them."""

from __future__ import annotations

from collections.abc import Mapping

from bantuo.core.policy import Text

COUNTRIES: Mapping[str, Text] = {
    "AE": Text("阿联酋", "United Arab Emirates"),
    "AU": Text("澳大利亚", "Australia"),
    "BE": Text("比利时", "Belgium"),
    "BR": Text("巴西", "Brazil"),
    "CA": Text("加拿大", "Canada"),
    "CL": Text("智利", "Chile"),
    "CZ": Text("捷克", "Czechia"),
    "DE": Text("德国", "Germany"),
    "ES": Text("西班牙", "Spain"),
    "FR": Text("法国", "France"),
    "GB": Text("英国", "United Kingdom"),
    "IL": Text("以色列", "Israel"),
    "IT": Text("意大利", "Italy"),
    "JP": Text("日本", "Japan"),
    "KR": Text("韩国", "South Korea"),
    "MX": Text("墨西哥", "Mexico"),
    "NL": Text("荷兰", "Netherlands"),
    "PL": Text("波兰", "Poland"),
    "PT": Text("葡萄牙", "Portugal"),
    "RU": Text("俄罗斯", "Russia"),
    "SA": Text("沙特阿拉伯", "Saudi Arabia"),
    "UA": Text("乌克兰", "Ukraine"),
    "US": Text("美国", "United States"),
}


def country(code: str) -> Text:
    """The name of a country; one that stands here nowhere is called by its code."""
    return COUNTRIES.get(code) or Text(code, code)

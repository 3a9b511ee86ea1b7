"""Whole files by any card: what the command line does not reach with the programme's own card."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from bantuo.engine.files import FileUnusable, read_table
from bantuo.engine.quote_columns import ColumnsUnusable, accepted_columns, columns_of
from bantuo.engine.quote_files import price_file
from tests.core.card_files import card_named


def put(tmp_path: Path, **columns: list[object]) -> Path:
    path = tmp_path / "in.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return path


def test_a_parcel_heavier_than_the_card_is_refused_by_its_weight(tmp_path: Path) -> None:
    source = put(tmp_path, weight_g=[50_000, 50_001, 1], volume_mm3=[1, 1, 300_000_001])
    made = price_file(source, out=tmp_path / "out.csv", card=card_named("china_post_zj_gd"), policy="p")
    rule = "card china_post_zj_gd ends at a chargeable weight of 50000 g"
    assert made.problems.rows() == [(2, "weight_g", "50001", rule), (3, "weight_g", "1", rule)]
    assert (made.rows, made.priced, made.refused, made.total_fen) == (3, 1, 2, 20_400)


def test_volume_and_sides_must_agree(tmp_path: Path) -> None:
    sides = {"length_cm": ["10", "10"], "width_cm": ["10", "10"], "height_cm": ["6", "6"]}
    source = put(tmp_path, weight_kg=["1.001"] * 2, volume_cm3=["600", "601"], **sides)
    made = price_file(source, out=tmp_path / "out.csv", card=card_named("semi_b"), policy="p")
    assert made.problems.rows() == [(2, "volume_cm3", "601", "must be the product of the sides")]
    assert made.total_fen == 500


def test_blank_rows_are_not_parcels(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("weight_kg\n1.235\n\n1.235\n", "utf-8")
    made = price_file(path, out=tmp_path / "out.csv", card=card_named("russia_e_packet"), policy="p")
    assert (made.rows, made.priced, made.total_fen) == (2, 2, 17_220)
    assert read_table(tmp_path / "out.csv")["row"].to_list() == ["1", "3"]


def test_decimal_columns_keep_their_value_and_doubles_their_shortest_text(tmp_path: Path) -> None:
    source = put(tmp_path, weight_kg=[1.235, 0.1 + 0.2])
    made = price_file(source, out=tmp_path / "out.csv", card=card_named("russia_e_packet"), policy="p")
    assert made.priced == 1
    assert made.problems.row(0)[2] == "0.30000000000000004"


def test_columns_of_lists_are_unusable(tmp_path: Path) -> None:
    source = put(tmp_path, weight_g=[[1], [2]])
    with pytest.raises(FileUnusable, match="column 'weight_g' holds List"):
        price_file(source, out=tmp_path / "out.csv", card=card_named("russia_e_packet"), policy="p")


def test_a_nul_inside_parquet_text_is_refused(tmp_path: Path) -> None:
    source = put(tmp_path, weight_g=[1, 2], sku=["a", "b\0c"])
    made = price_file(source, out=tmp_path / "out.csv", card=card_named("russia_e_packet"), policy="p")
    assert made.problems.rows() == [(2, "sku", "b\0c", "contains a NUL character")]


def test_every_accepted_name_is_understood() -> None:
    card = card_named("eu_duty_fr")
    for shown in accepted_columns():
        name = shown.split(" (")[0]
        names = [name] if name == "hs6_lines" else ["hs6_lines", name]
        assert columns_of(card, names)[name] == name


def test_missing_sides_are_asked_for_one_by_one() -> None:
    with pytest.raises(ColumnsUnusable) as refused:
        columns_of(card_named("semi_b"), ["weight_kg", "length_cm"])
    said = str(refused.value)
    assert "missing column 'width_mm' (or width_cm); missing column 'height_mm' (or height_cm)." in said


def test_a_ragged_line_is_refused_and_the_others_are_priced(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("weight_kg,order_id\n1.235,a\n1.235,b,more\n1.235,c\n", "utf-8")
    made = price_file(path, out=tmp_path / "out.csv", card=card_named("russia_e_packet"), policy="p")
    assert (made.rows, made.priced, made.refused) == (3, 2, 1)
    assert made.problems.rows() == [(2, "(line)", "3", "has 3 cells, the headings are 2")]
    assert read_table(tmp_path / "out.csv")["row"].to_list() == ["1", "3"]

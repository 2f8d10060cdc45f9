"""The measure of the suggestions: shares of right ones, by class, and what was taken for what."""

from pathlib import Path

import pytest

from bench.intake import TEXTS, accuracy

TINY = """text,category
厨房水龙头一直滴水,repair.plumbing
楼道灯不亮,property.lighting
楼道灯不亮,duty.power
嗯,other
"""


def test_it_counts_the_first_and_the_first_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "texts.csv"
    file.write_text(TINY, encoding="utf-8")
    told = accuracy(file)
    assert (told["texts"], told["top1"], told["macro_top1"]) == (4, 0.75, 0.75)
    assert told["top1"] <= told["top3"] <= 1
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("duty.power")).split()[:3] == ["duty.power", "1", "0.00"]
    assert any(line.endswith("property.lighting 1") for line in lines)


def test_the_texts_name_kinds_of_the_catalogue() -> None:
    """Held out: nobody looks at them to change the lexicon; here only that the file can be read."""
    told = accuracy(TEXTS)
    assert told["texts"] > 300
    assert told["top3"] >= told["top1"] > 0

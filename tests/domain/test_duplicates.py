"""Which needs likely ask for the same, and why; which kind of service a text asks for, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock
from uuid import UUID

import pytest

from app.core.geo import LonLat
from app.domain import duplicates
from app.domain.duplicates import Asked, clusters, likeness, nearest
from app.domain.lexicon import Entry, Lexicon, compiled
from app.domain.suggestions import Kind, Neighbour, learn, suggest
from app.domain.texts import Compared, grams, similarity

AT = datetime(2026, 11, 28, tzinfo=UTC)
HOME = "150103/150103006/150103006009/01/02/3/2/501/"


def asked(
    number: int, title: str, path: str = HOME, category: str | None = "property.lighting", days: int = 0
) -> Asked:
    words = grams(title)
    return Asked(UUID(int=number), path, None, AT - timedelta(days=days), category, words, words)


ONE = asked(1, "三单元楼道灯不亮")


@pytest.mark.parametrize(
    ("other", "likely", "reason"),
    [
        (asked(2, "三单元楼道灯不亮了"), True, "同一地点"),
        (asked(2, "楼道灯不亮", path=HOME.replace("/501/", "/402/")), True, "同一单元"),
        (asked(2, "楼道灯不亮", path=HOME.replace("/3/2/501/", "/3/")), True, "同一楼栋"),
        (asked(2, "楼道的灯不亮", path=HOME.replace("/3/2/501/", "/9/1/101/"), days=3), True, "同一小区"),
        (asked(2, "楼道的灯不亮", path=HOME.replace("/01/02/3/2/501/", "/07/05/")), False, ""),
        (asked(2, "想请人理发"), False, "同一地点"),
        (asked(2, "三单元楼道灯不亮", category="culture"), True, "同一地点"),
    ],
)
def test_place_text_time_and_kind(other: Asked, likely: bool, reason: str) -> None:
    found = likeness(ONE, other)
    assert found.likely is likely
    assert reason in found.reasons or not reason
    assert found == likeness(other, ONE)


def test_across_the_street_is_near_too() -> None:
    far = asked(2, "楼道灯不亮", path=HOME.replace("/01/02/3/2/501/", "/07/05/"))
    here, there = replace(ONE, spot=LonLat(111.6, 40.8)), replace(far, spot=LonLat(111.6005, 40.8))
    assert "相距不到 100 米" in likeness(here, there).reasons
    assert likeness(here, there).place > likeness(ONE, far).place


def test_the_likeliest_come_first_and_what_is_long_past_does_not() -> None:
    others = [asked(2, "楼道灯"), asked(3, "三单元楼道灯不亮"), asked(4, "三单元楼道灯不亮", days=31), ONE]
    assert [other.id.int for other, _ in nearest(ONE, others)] == [3, 2]


def test_a_worklist_names_each_pair_once() -> None:
    newest_first = [asked(3, "楼道灯不亮"), asked(2, "楼道灯不亮了"), asked(1, "想请人理发")]
    found = [(need.id.int, [other.id.int for other, _ in near]) for need, near in clusters(newest_first, 3)]
    assert found == [(3, [2])]


def test_the_worklist_finds_what_a_need_alone_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says why of the few that are shown alone, however many there are."""
    titles = ("楼道灯不亮", "三单元楼道灯不亮了", "楼道的灯坏了", "想请人理发", "暖气不热", "")
    kinds = ("property.lighting", None, "culture")
    needs = [
        asked(90 - i, titles[i % 6], HOME.replace("/501/", f"/{i % 7}/"), kinds[i % 3], days=i // 2) for i in range(80)
    ]
    alone = [(need, near) for i, need in enumerate(needs) if (near := nearest(need, needs[i + 1 :]))]
    assert len(alone) > 20
    assert clusters(needs, len(needs)) == alone
    told = Mock(return_value="")
    monkeypatch.setattr(duplicates, "_when", told)
    same = [replace(ONE, id=UUID(int=300 - i)) for i in range(200)]
    assert len(clusters(same, 50)) == 50
    assert told.call_count == 50 * duplicates.SHOWN


def test_texts_are_as_alike_together_as_two_by_two() -> None:
    texts = [grams(text) for text in ("楼道灯不亮", "楼道灯", "想请人理发", "", "灯", "楼道灯不亮 LED 12")]
    together = Compared(texts)
    for i, one in enumerate(texts):
        for j, other in enumerate(texts):
            assert i == j or together.similarity(i, j) == similarity(one, other)


KINDS = (
    Kind("repair.plumbing", "水管维修", "水龙头、水管、下水道漏水或堵塞"),
    Kind("property.heating", "供暖问题", "暖气不热、漏水、停暖"),
    Kind("other", "其他", None),
)
LEXICON = compiled(
    [
        Entry("漏水", "repair.plumbing", 5, None, local=False, retired=False),
        Entry("暖气", "property.heating", 9, None, local=False, retired=False),
        Entry("暖气", "repair.plumbing", -6, None, local=False, retired=False),
    ]
)


def test_words_point_to_a_kind_and_away_from_others() -> None:
    plumbing, *_ = suggest(LEXICON, learn(LEXICON, KINDS), "卫生间漏水", "")
    assert plumbing.code == "repair.plumbing"
    assert plumbing.reasons[0] == "提到“漏水”"
    heating, *_ = suggest(LEXICON, learn(LEXICON, KINDS), "暖气漏水", "")
    assert heating.code == "property.heating"


def test_the_descriptions_and_the_neighbours_speak_too() -> None:
    model = learn(Lexicon(), KINDS)
    first, *_ = suggest(Lexicon(), model, "下水道堵塞", "")
    assert (first.code, first.reasons) == ("repair.plumbing", ("用词与“水管维修”的说明相近",))
    near = [Neighbour("property.heating", grams("大白菜冻坏"))] * 2
    first, *_ = suggest(Lexicon(), model, "大白菜冻坏了", "", near)
    assert first.code == "property.heating"
    assert first.reasons == ("本社区近期有 2 件用词相近的需求归入此类",)


def test_nothing_said_is_nothing_suggested_but_other() -> None:
    only = suggest(Lexicon(), learn(Lexicon(), KINDS), "嗯", "")
    assert [(one.code, one.score) for one in only] == [("other", 0)]
    assert suggest(Lexicon(), learn(Lexicon(), ()), "水管", "") == []

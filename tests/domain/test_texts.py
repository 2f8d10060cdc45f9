"""Text as data: one form of writing, bigrams, how alike two texts are; and the lexicon put together."""

import pytest

from app.core.errors import RuleBroken
from app.domain.lexicon import Entry, Hint, check_meaning, checked_term, compiled
from app.domain.texts import Terms, canonical, grams, normalised, occurrences, similarity, without_doors


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("　水管，漏水！！\n很急", "水管 漏水 很急"),
        ("ＷｉＦｉ ＡＰＰ", "wifi app"),
        ("３号楼①单元", "3 号楼 1 单元"),
        ("…—！？", ""),
        ("_", ""),
    ],
)
def test_one_form_of_writing(written: str, plain: str) -> None:
    assert normalised(written) == plain


def test_bigrams_stay_within_their_run() -> None:
    assert grams("水管漏。门 wifi连不上5楼") == {"水管", "管漏", "门", "wifi", "连不", "不上", "5", "楼"}
    assert grams("") == grams("！？") == frozenset()


def test_synonyms_count_as_one() -> None:
    same = Terms({"坐便": "马桶", "坐便器": "马桶", "堵住": "堵塞"})
    assert canonical("坐便器堵住了", same) == "马桶堵塞了"
    assert grams("坐便器堵住了", same) == grams("马桶堵塞了", same)


def test_a_word_inside_a_longer_one_does_not_count() -> None:
    terms = Terms(dict.fromkeys(("漏水", "暖气漏水", "暖气", "气漏"), True))
    assert [term for _, term in occurrences("家里暖气漏水了又漏水", terms)] == ["暖气漏水", "漏水"]


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ("厨房水管漏水", "厨房水管漏水", 1.0, 1.0),
        ("厨房水管漏水", "厨房的水管在漏水", 0.5, 0.9),
        ("厨房水管漏水", "想学写毛笔字", 0.0, 0.0),
        ("", "", 0.0, 0.0),
    ],
)
def test_how_alike_two_texts_are(one: str, other: str, low: float, high: float) -> None:
    found = similarity(grams(one), grams(other))
    assert low <= found <= high
    assert found == similarity(grams(other), grams(one))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3号楼2单元501室漏水", "＊＊＊漏水"),
        ("3-2-501 漏水，电话13812345678", "＊ 漏水，电话＊"),
        ("路灯不亮两天了", "路灯不亮两天了"),
    ],
)
def test_doors_and_numbers_are_for_handlers_alone(text: str, shown: str) -> None:
    assert without_doors(text) == shown


def entry(term: str, category: str | None, weight: int | None, synonym: str | None = None, **more: bool) -> Entry:
    return Entry(term, category, weight, synonym, more.get("local", False), more.get("retired", False))


def test_a_communitys_own_words_come_before_the_districts() -> None:
    lexicon = compiled(
        [
            entry("大棚", "property", 9, local=True),
            entry("大棚", "property", 2),
            entry("漏水", "repair.plumbing", 5),
            entry("漏水", "repair.plumbing", 5, local=True, retired=True),
            entry("坐便", None, None, "马桶"),
            entry("坐便", None, None, "马桶", local=True, retired=True),
        ]
    )
    assert lexicon.hints == {"大棚": (Hint("大棚", "property", 9),)}
    assert lexicon.synonyms == {}
    assert lexicon.heard("大棚，大棚！漏水") == [Hint("大棚", "property", 9)]


@pytest.mark.parametrize("term", ["，", "水 管", "水,管", "长" * 21])
def test_what_is_no_word_is_refused(term: str) -> None:
    with pytest.raises(RuleBroken):
        checked_term(term, "term")


@pytest.mark.parametrize(
    ("category", "weight", "synonym"),
    [(None, None, None), ("a", 3, "b"), ("a", None, None), (None, 3, "b"), ("a", 0, None), (None, None, "词")],
)
def test_a_word_means_one_thing(category: str | None, weight: int | None, synonym: str | None) -> None:
    with pytest.raises(RuleBroken):
        check_meaning("词", category, weight, synonym)

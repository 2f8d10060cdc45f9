"""What makes a row of a message file a need, or a reject with its reason."""

from datetime import UTC, datetime

import pytest

from app.domain.imports import RejectCode
from app.domain.imports_rows import Cell, Message, RawRow, Reject, RowJudge, parse_moment

GOOD: tuple[Cell, ...] = ("1001", "王某", "路灯不亮", "2020/1/2 3:04:05", "三天了")
C = RejectCode


def judged(*cells: Cell) -> Message | Reject:
    return RowJudge().judge(RawRow(1, cells))


def with_cell(position: int, cell: Cell) -> Message | Reject:
    return judged(*GOOD[:position], cell, *GOOD[position + 1 :])


def test_a_good_row_is_kept_exactly() -> None:
    details = "\t 前后的空白、\r\n换行、😀、𠮷、e\u0301 都照原样 \n"
    found = judged(" 1001"[1:], " 王 ", " 题 ", "2020-01-02 03:04", details)
    assert found == Message(1, "1001", " 王 ", " 题 ", datetime(2020, 1, 1, 19, 4, tzinfo=UTC), details)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2020/1/2 3:04:05", "2020-01-01T19:04:05"),
        ("2020-01-02 03:04", "2020-01-01T19:04:00"),
        ("2020-01-02T03:04:05", "2020-01-01T19:04:05"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05"),
        ("2020-01-02T03:04:05.25+08:00", "2020-01-01T19:04:05.250000"),
        ("2020-01-02 03:04:05 -0530", "2020-01-02T08:34:05"),
        ("2020年1月2日 3:04", "2020-01-01T19:04:00"),
        ("\n\t2020/1/2\t", "2020-01-01T16:00:00"),
    ],
)
def test_times_without_offset_are_chinas(text: str, utc: str) -> None:
    assert parse_moment(text).astimezone(UTC).replace(tzinfo=None) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("position", "cell", "code"),
    [
        (0, "", C.MISSING_NUMBER),
        (0, None, C.MISSING_NUMBER),
        (0, " \n", C.MISSING_NUMBER),
        (0, "  ", C.MISSING_NUMBER),
        (0, "9" * 121, C.NUMBER_TOO_LONG),
        (0, " 7", C.NUMBER_ODD),
        (0, "7\t", C.CONTROL_CHARACTER),
        (0, "7\x00", C.CONTROL_CHARACTER),
        (0, datetime(2020, 1, 2), C.NUMBER_ODD),  # noqa: DTZ001 - a sheet's dates have no offset
        (0, 1.5, C.NUMBER_LOST_DIGITS),
        (0, -3.0, C.NUMBER_LOST_DIGITS),
        (0, float("inf"), C.NUMBER_LOST_DIGITS),
        (0, 2.0**53, C.NUMBER_LOST_DIGITS),
        (0, 150103199001010000.0, C.NUMBER_LOST_DIGITS),
        (0, 1234567890123450.0, C.NUMBER_LOST_DIGITS),
        (1, "名" * 201, C.ASKER_TOO_LONG),
        (1, "王\x00", C.CONTROL_CHARACTER),
        (2, "", C.MISSING_TITLE),
        (2, "题" * 501, C.TITLE_TOO_LONG),
        (2, "题\x1b[2J", C.CONTROL_CHARACTER),
        (3, "", C.MISSING_TIME),
        (3, "昨天", C.BAD_TIME),
        (3, "2020/2/30 1:00", C.BAD_TIME),
        (3, "2020/1/2 24:00", C.BAD_TIME),
        (3, "2020-01-02T03:04:05+99:99", C.BAD_TIME),
        (3, "1999-12-31 23:59", C.BAD_TIME),
        (3, "2100-01-01 00:00", C.BAD_TIME),
        (3, "٢٠٢٠/1/2", C.BAD_TIME),
        (3, 43832.5, C.BAD_TIME),
        (4, "", C.MISSING_DETAILS),
        (4, " \r\n\t", C.MISSING_DETAILS),
        (4, "文" * 10_001, C.DETAILS_TOO_LONG),
        (4, "坏\x00", C.CONTROL_CHARACTER),
        (4, "坏\x85", C.CONTROL_CHARACTER),
        (4, "坏\ud83d", C.CONTROL_CHARACTER),
    ],
)
def test_a_bad_cell_rejects_its_row(position: int, cell: Cell, code: RejectCode) -> None:
    found = with_cell(position, cell)
    assert isinstance(found, Reject)
    assert found.code is code
    assert any("\u4e00" <= character <= "\u9fff" for character in found.reason)
    (found.number or "").encode()
    assert not any(character < " " for character in found.number or "")


@pytest.mark.parametrize(
    ("position", "cell"),
    [(0, "9" * 120), (1, ""), (1, "名" * 200), (2, "题" * 500), (2, "a\tb\r\nc"), (4, "𠮷" * 10_000), (4, 12.0)],
)
def test_the_bounds_themselves_are_good(position: int, cell: Cell) -> None:
    assert isinstance(with_cell(position, cell), Message)


def test_whole_numbers_of_a_sheet_keep_their_digits() -> None:
    numbers = {7.0: "7", 999999999999999.0: "999999999999999", 2.0**53 - 1: "9007199254740991"}
    for cell, text in numbers.items():
        found = with_cell(0, cell)
        assert isinstance(found, Message)
        assert found.number == text


def test_the_first_good_row_of_a_number_stands() -> None:
    judge = RowJudge()
    bad = judge.judge(RawRow(1, (*GOOD[:3], "昨天", GOOD[4])))
    first, again = judge.judge(RawRow(2, GOOD)), judge.judge(RawRow(9, GOOD))
    assert isinstance(bad, Reject)
    assert isinstance(first, Message)
    assert isinstance(again, Reject)
    assert again.code is C.DUPLICATE_IN_FILE
    assert "第 2 行" in again.reason

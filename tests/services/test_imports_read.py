"""Message files as they come: encodings, both formats, hostile ones. What is read is what was written."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.imports import COLUMNS, FileRefused, RejectCode
from app.domain.imports_rows import Message, Reject
from app.services import imports_cells
from app.services.imports_read import MessageFile
from tests.services.message_files import csv_file, message, xlsx_file

RARE = "䶮𠮷㐂𡈽😀👨‍👩‍👧龴e\u0301\u200d\ufeff＝，"


def read(content: bytes) -> list[Message | Reject]:
    file = MessageFile(io.BytesIO(content))
    try:
        rows = file.batch(1_000_000)
        assert len(rows) == file.total
        return rows
    finally:
        file.close()


def messages(content: bytes) -> list[Message]:
    rows = read(content)
    assert all(isinstance(row, Message) for row in rows), rows
    return [row for row in rows if isinstance(row, Message)]


def refusal(content: bytes) -> str:
    with pytest.raises(FileRefused) as caught:
        read(content)
    return caught.value.detail


def rejects(content: bytes) -> dict[int, RejectCode]:
    return {row.row_number: row.code for row in read(content) if isinstance(row, Reject)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_encoding_gives_the_same_rows(encoding: str) -> None:
    rows = [message(1, details=RARE + "\r\n第二行\n\n\t"), message(2, title="，“”\"'，")]
    found = messages(csv_file(rows, encoding))
    assert [(m.number, m.title, m.details) for m in found] == [(r[0], r[2], r[4]) for r in rows]


def test_an_xlsx_gives_the_same_rows_as_a_csv() -> None:
    rows = [message(1, details=RARE + "\n第二行\t"), message(2, details=" _x000D_ 前后留白 \r\n 🀄"), message("=1+1")]
    assert messages(xlsx_file(rows)) == messages(csv_file(rows))


def test_cells_of_a_sheet_that_are_not_texts() -> None:
    when = datetime(2020, 1, 2, 3, 4, 5)  # noqa: DTZ001 - a sheet's dates have no offset
    rows = [[1001, "", True, when, "文"], [123456789012345678, "", "题", when, "文"]]
    first, second = read(xlsx_file(rows))
    assert isinstance(first, Message)
    assert (first.number, first.title) == ("1001", "TRUE")
    assert first.asked_at == datetime(2020, 1, 1, 19, 4, 5, tzinfo=UTC)
    assert isinstance(second, Reject)
    assert second.code is RejectCode.NUMBER_LOST_DIGITS


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_columns_stand_in_any_order_among_others(make: type) -> None:
    header = ["序号", "留言详情", "留言时间", "留言编号", "一级分类", "留言主题", "留言用户"]
    row = message(1)
    found = messages(make([["1", row[4], row[3], row[0], "城建", row[2], row[1]]], header=header))
    assert found == messages(csv_file([row]))


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_missing_column_is_named(make: type) -> None:
    assert refusal(make([["1"]], header=["留言编号", "留言用户", "留言主题", "留言详情"])) == "文件缺少列：留言时间"
    assert "重复" in refusal(make([["1"]], header=[*COLUMNS, "留言编号"]))


def test_rows_are_refused_one_by_one() -> None:
    lines = ["留言编号,留言用户,留言主题,留言时间,留言详情", "1,王,题,2020-1-2 3:04,文", "2,王,题,2020-1-2 3:04", ""]
    lines += ["3,王,题,2020-1-2 3:04,文,多", '4,王,"题"目,2020-1-2 3:04,文', "5,王,题,2020-1-2 3:04,\x00", ",,,,"]
    lines += ["1,王,题,2020-1-2 3:04,文", "6,王,题,2020-1-2 3:04,文\x0b", "7,王,题,2020-1-2 3:04,文"]
    content = "\r\n".join(lines).encode()
    assert rejects(content) == {
        2: RejectCode.WRONG_CELL_COUNT,
        3: RejectCode.WRONG_CELL_COUNT,
        4: RejectCode.MALFORMED,
        5: RejectCode.CONTROL_CHARACTER,
        6: RejectCode.MISSING_NUMBER,
        7: RejectCode.DUPLICATE_IN_FILE,
        8: RejectCode.CONTROL_CHARACTER,
    }
    assert [row.number for row in read(content) if isinstance(row, Message)] == ["1", "7"]


def test_a_huge_field_is_one_rejected_row() -> None:
    rows = [message(1), message(2, details="长" * 2_000_000), message(3)]
    assert rejects(csv_file(rows)) == {2: RejectCode.DETAILS_TOO_LONG}


def test_empty_rows_of_a_sheet_are_not_rows_but_count_as_lines() -> None:
    found = messages(xlsx_file([[], message(1), [], [], message(2), []]))
    assert [m.row_number for m in found] == [2, 5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf", "空的"),
        (b"\r\n\r\n", "空的"),
        (csv_file([]).decode().encode("utf-16"), "编码"),
        (b"\xef\xbb\xbf" + csv_file([], "gb18030"), "UTF-8 标记"),
        (csv_file([message(1)]) + b"\xff", "编码"),
        (csv_file([message(1)]) + b"2,\xc4\xe3,", "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "缺少列"),
        (b"a;b;c\n", "缺少列"),
        (csv_file([message(1)]) + '2,"没有闭合,\r\n\r\n3,'.encode(), "第 2 行（文件第 4 行起）的引号没有闭合"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", ".xls"),
        (b"PK\x03\x04 broken", "损坏"),
        (xlsx_file([message(1)])[:-300], "损坏"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(content: bytes, words: str) -> None:
    sentence = refusal(content)
    assert words in sentence
    assert "\n" not in sentence


def test_an_open_quote_before_much_else_is_refused() -> None:
    assert "少了一个引号" in refusal(csv_file([]) + b'1,"open' + b"0123456789abcde\n" * (1 << 20))


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_more_than_the_limit_is_refused(make: type, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("imports_csv", "imports_xlsx"):
        monkeypatch.setattr(f"app.services.{module}.MAX_ROWS", 3)
    assert len(messages(make([message(n) for n in range(3)]))) == 3
    assert "超过 3 行" in refusal(make([message(n) for n in range(4)]))


def repacked(content: bytes, **changed: bytes) -> bytes:
    """The workbook with other bytes in some of its parts; ``sheet=`` the first sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            sheet = part.filename == "xl/worksheets/sheet1.xml"
            target.writestr(part.filename, changed["sheet"] if sheet and "sheet" in changed else source.read(part))
    return out.getvalue()


def test_two_far_corners_do_not_end_the_process() -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{name}"><sheetData>{cells}</sheetData></worksheet>'
    assert "过大" in refusal(repacked(xlsx_file([]), sheet=sheet.encode()))


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    content = bytearray(xlsx_file([message(1)]))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (imports_cells.UNPACKED_BYTES + 1).to_bytes(4, "little")
    assert "过大" in refusal(bytes(content))


def test_another_kind_of_package_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "<x/>")
    assert refusal(out.getvalue()) == "文件不是 XLSX 工作簿"


def test_a_file_is_told_apart_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_bytes(xlsx_file([message(1)]))
    with path.open("rb") as source:
        file = MessageFile(source)
        assert file.total == 1
        file.close()


def test_rows_passed_over_are_remembered() -> None:
    file = MessageFile(io.BytesIO(csv_file([message(1), message(2), message(1)])))
    file.skip(2)
    (row,) = file.batch(10)
    file.close()
    assert isinstance(row, Reject)
    assert row.code is RejectCode.DUPLICATE_IN_FILE


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r\",'=+😀𠮷"), min_size=1, max_size=80
)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(texts, texts, texts), max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
)
def test_text_in_is_text_out(rows: list[tuple[str, str, str]], encoding: str) -> None:
    written = [message(n, asker=a, title=t, details=d) for n, (a, t, d) in enumerate(rows) if t.strip() and d.strip()]
    found = messages(csv_file(written, encoding))
    assert [(m.asker, m.title, m.details) for m in found] == [(r[1], r[2], r[4]) for r in written]


@settings(max_examples=8, deadline=None)
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=30))
def test_text_in_a_sheet_is_text_out(rows: list[tuple[str, str]]) -> None:
    written = [message(n, title=t, details=d) for n, (t, d) in enumerate(rows) if t.strip() and d.strip()]
    found = messages(xlsx_file(written))
    assert [(m.title, m.details) for m in found] == [(r[2], r[4]) for r in written]


@settings(max_examples=150, deadline=None)
@given(tail=st.binary(max_size=200) | st.text('",\n\r1文\x00', max_size=60).map(str.encode))
def test_whatever_follows_a_good_row_it_stays_or_the_file_is_refused(tail: bytes) -> None:
    try:
        rows = read(csv_file([message(1)]) + tail)
    except FileRefused:
        return
    assert isinstance(rows[0], Message)
    assert rows[0].number == "LY000001"
    assert [row.row_number for row in rows] == sorted({row.row_number for row in rows})


def test_csv_rows_are_as_many_as_any_reader_finds() -> None:
    content = csv_file([message(n, details="甲\n\n乙\r\n") for n in range(50)])
    others = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert len(read(content)) == len(others) - 1

"""Small tools everything leans on: cursors, seals, ids, scrubbed logs, masks."""

import base64
import time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.crypto import MasterKey, SealBroken, Sealer
from app.core.errors import Invalid, every_kind
from app.core.ids import new_id, seeded_id
from app.core.log import scrub, scrubbed
from app.core.paging import id_after, id_cursor, position_after, position_cursor
from app.core.types import masked_name, masked_phone

ROW, OTHER = UUID(int=1), UUID(int=2)
CELL: tuple[int, str, str, UUID] = (150103, "people", "name_sealed", ROW)


@given(st.uuids())
def test_a_cursor_leads_back_to_its_id(last: UUID) -> None:
    assert id_after(id_cursor(last)) == last


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_leads_back_to_its_position(last: int) -> None:
    assert position_after(position_cursor(last)) == last


def test_no_cursor_is_the_beginning() -> None:
    assert id_after(None) is None
    assert position_after(None) == 0


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=64))
def test_any_other_cursor_is_refused_or_means_something(cursor: str) -> None:
    for read, bound in ((id_after, None), (position_after, 2**63)):
        try:
            found: Any = read(cursor)
        except Invalid:
            continue
        assert found is not None
        assert bound is None or 0 <= found < bound


@pytest.fixture(scope="module")
def sealer() -> Sealer:
    return Sealer(MasterKey(b"k" * 32))


@given(st.text())
def test_what_is_sealed_opens_where_it_stands(value: str) -> None:
    sealer = Sealer(MasterKey(b"k" * 32))
    assert sealer.open(sealer.seal(value, *CELL), *CELL) == value


@pytest.mark.parametrize(
    "elsewhere",
    [
        (150104, "people", "name_sealed", ROW),
        (150103, "needs", "name_sealed", ROW),
        (150103, "people", "phone_sealed", ROW),
        (150103, "people", "name_sealed", OTHER),
    ],
)
def test_i13_what_is_moved_does_not_open(sealer: Sealer, elsewhere: tuple[int, str, str, UUID]) -> None:
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal("苏日娜", *CELL), *elsewhere)


@pytest.mark.parametrize("place", [0, 1, 12, 13, -1])
def test_i13_what_is_altered_does_not_open(sealer: Sealer, place: int) -> None:
    box = bytearray(sealer.seal("苏日娜", *CELL))
    box[place] ^= 1
    with pytest.raises(SealBroken):
        sealer.open(bytes(box), *CELL)


@pytest.mark.parametrize("box", [b"", b"\x01", b"\x01" + b"0" * 12, b"\x02" + b"0" * 40])
def test_i13_what_is_no_seal_does_not_open(sealer: Sealer, box: bytes) -> None:
    with pytest.raises(SealBroken):
        sealer.open(box, *CELL)


def test_i13_seals_of_one_value_differ_and_another_key_opens_none(sealer: Sealer) -> None:
    assert sealer.seal("苏日娜", *CELL) != sealer.seal("苏日娜", *CELL)
    with pytest.raises(SealBroken):
        Sealer(MasterKey(b"x" * 32)).open(sealer.seal("苏日娜", *CELL), *CELL)
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(MasterKey(b"short"))


def test_a_blind_index_finds_equals_in_one_column_of_one_district(sealer: Sealer) -> None:
    index = sealer.blind_index("13800001234", 150103, "phone")
    assert index == sealer.blind_index("13800001234", 150103, "phone")
    others = [("13800001235", 150103, "phone"), ("13800001234", 150104, "phone"), ("13800001234", 150103, "id")]
    assert all(sealer.blind_index(*other) != index for other in others)
    assert Sealer(MasterKey(b"x" * 32)).blind_index("13800001234", 150103, "phone") != index


def test_new_ids_are_version_7_and_grow() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert {i.version for i in ids} == {7}
    assert len(set(ids)) == 1_000
    assert ids == sorted(ids)
    assert abs((ids[0].int >> 80) / 1000 - time.time()) < 60


def test_seeded_ids_are_the_same_each_time_and_older_than_new_ones() -> None:
    assert seeded_id(150103, "person", 1) == seeded_id(150103, "person", 1)
    assert seeded_id("a", "bc") != seeded_id("ab", "c")
    assert seeded_id("x").version == 7
    assert seeded_id("x").variant == new_id().variant
    assert seeded_id("x") < new_id()


SECRETS = {
    "a mobile number": ("13812345678", "联系13812345678处理"),
    "a mobile number after a letter": ("13812345678", "tel13812345678x"),
    "a mobile number with its country": ("13812345678", "8613812345678"),
    "a mobile number in groups": ("138 1234 5678", "电话 +86 138 1234 5678。"),
    "an identity number": ("15010319900101123X", "证件15010319900101123X。"),
    "a token": (
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln",
        "Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln was sent",
    ),
    "a password in a URL": ("hunter2", "postgresql://sanshun:hunter2@db:5432/x"),
    "a field key": ("c2VjcmV0" * 5, f"2:sm4-gcm:{'c2VjcmV0' * 5}abc="),
    "an openid": ("oGZUI0egBJY1zhBYw2KhdUfwVJJE", "openid oGZUI0egBJY1zhBYw2KhdUfwVJJE 未绑定"),
    "what the driver says about a value": ("苏日娜", "invalid input for query argument $1: '苏日娜' (expected int)"),
    "what pydantic says about a value": ("苏日娜", "x\n  Input [type=int, input_value='苏日娜', input_type=str]"),
    "what the database says about a row": ("苏日娜", "duplicate key\nDETAIL:  Key (name)=(苏日娜) already exists."),
}


@pytest.mark.parametrize("name", SECRETS)
def test_i13_logs_are_scrubbed(name: str) -> None:
    secret, text = SECRETS[name]
    assert secret in text
    assert secret not in scrubbed(text)
    deep = scrub(None, "", {"event": text, "more": {"list": [text, {"deep": text}]}, "tuple": (text,)})
    assert secret not in str(deep)


def test_i13_secrets_are_hidden_by_their_key() -> None:
    hidden = ("refresh_token", "challenge", "ticket", "code", "openid", "session_key", "id_number", "address", "why")
    assert set(scrub(None, "", dict.fromkeys(hidden, "x")).values()) == {"[hidden]"}
    entry = {"event": "x", "password": "p-w", "phone": "1", "inner": {"token": "t-k", "status": 200}}
    assert scrub(None, "", entry) == {
        "event": "x",
        "password": "[hidden]",
        "phone": "[hidden]",
        "inner": {"token": "[hidden]", "status": 200},
    }


def test_ordinary_words_stay() -> None:
    text = "order 150103006009 took 12345678 ms at 2026-11-24T01:02:03Z, base64 " + base64.b64encode(b"x").decode()
    assert scrubbed(text) == text


@pytest.mark.parametrize(
    ("name", "shown"), [("王", "王*"), ("王华", "王*"), ("王建华", "王*华"), ("欧阳建华", "欧**华"), ("", "*")]
)
def test_names_are_masked(name: str, shown: str) -> None:
    assert masked_name(name) == shown


def test_phones_are_masked() -> None:
    assert masked_phone("13812345678") == "138****5678"
    assert masked_phone("12345678") == "****"


def test_every_refusal_has_its_own_code_and_chinese_words() -> None:
    kinds = every_kind()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.title and not kind.title.isascii() and 400 <= kind.status < 600 for kind in kinds)

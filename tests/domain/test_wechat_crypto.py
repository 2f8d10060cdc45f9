"""What WeChat encrypts and signs, by its published vectors (tests/data/wechat.json names their source)."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.core.wechat_crypto import echo, opened_echo, raw_data_fits, user_data

VECTORS = json.loads((Path(__file__).parents[1] / "data/wechat.json").read_text(encoding="utf-8"))
DATA: dict[str, Any] = VECTORS["mini_program_decrypt"]
RAW: dict[str, Any] = VECTORS["mini_program_raw_signature"]
CHECK: dict[str, Any] = VECTORS["callback_url_verify"]
BOX, IV, KEY, APPID = DATA["encryptedData"], DATA["iv"], DATA["session_key"], DATA["appId"]
FLIPPED_BYTES = (0, 1, 15, 16, 17, 100, 200, 271, 272, 300, -33, -17, -16, -2, -1)


def flipped(text: str, at: int) -> str:
    """Base64 of the same bytes with one bit turned over."""
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= 0x10
    return base64.b64encode(raw).decode()


def test_the_published_user_data_open() -> None:
    assert user_data(BOX, IV, KEY, APPID) == DATA["expected"]


def test_data_for_another_mini_program_are_refused() -> None:
    assert user_data(BOX, IV, KEY, "wx0000000000000000") is None


@pytest.mark.parametrize("at", FLIPPED_BYTES)
def test_a_flipped_bit_never_changes_who_the_data_are_for(at: int) -> None:
    """CBC has no tag, so a flip garbles a block and changes one bit of the next; what opens still names us."""
    found = user_data(flipped(BOX, at), IV, KEY, APPID)
    assert found is None or (found != DATA["expected"] and found["watermark"]["appid"] == APPID)


@pytest.mark.parametrize("at", range(16))
def test_a_flipped_bit_of_the_key_opens_nothing(at: int) -> None:
    assert user_data(BOX, IV, flipped(KEY, at), APPID) is None


@pytest.mark.parametrize("at", [0, 1])
def test_a_flipped_bit_where_the_object_begins_opens_nothing(at: int) -> None:
    assert user_data(BOX, flipped(IV, at), KEY, APPID) is None


@pytest.mark.parametrize(
    ("box", "iv", "key"),
    [
        ("", IV, KEY),
        (BOX[:-4], IV, KEY),
        (BOX + "!", IV, KEY),
        ("不是" + BOX, IV, KEY),
        (BOX, IV[:-4], KEY),
        (BOX, "", KEY),
        (BOX, IV, KEY[:-4]),
        (BOX, IV, base64.b64encode(bytes(32)).decode()),
        (base64.b64encode(bytes(16)).decode(), IV, KEY),
    ],
)
def test_what_is_no_cipher_text_opens_nothing(box: str, iv: str, key: str) -> None:
    assert user_data(box, iv, key, APPID) is None


def test_the_published_signature_fits_and_no_other() -> None:
    assert raw_data_fits(RAW["rawData"], RAW["session_key"], RAW["signature"])
    assert not raw_data_fits(RAW["rawData"] + " ", RAW["session_key"], RAW["signature"])
    assert not raw_data_fits(RAW["rawData"], flipped(RAW["session_key"], 3), RAW["signature"])
    assert not raw_data_fits(RAW["rawData"], RAW["session_key"], RAW["signature"].upper())
    assert not raw_data_fits(RAW["rawData"], RAW["session_key"], "")


def opened(**changed: str) -> str | None:
    given = {
        "token": CHECK["token"],
        "aes_key": CHECK["encodingAESKey"],
        "receiver": CHECK["receiveid"],
        "signature": CHECK["msg_signature"],
        "timestamp": CHECK["timestamp"],
        "nonce": CHECK["nonce"],
        "echostr": CHECK["echostr"],
    }
    return opened_echo(**(given | changed))


def test_the_published_callback_check_is_answered() -> None:
    assert opened() == CHECK["expected_echo"]


@pytest.mark.parametrize(
    "changed",
    [
        {"token": "QDG6eL"},
        {"receiver": "wx0000000000000000"},
        {"receiver": ""},
        {"signature": "0" * 40},
        {"timestamp": "1409659590"},
        {"nonce": "263014781"},
        {"aes_key": CHECK["encodingAESKey"][::-1]},
        {"aes_key": CHECK["encodingAESKey"][:-1]},
        {"aes_key": ""},
        {"echostr": flipped(CHECK["echostr"], 0)},
    ],
)
def test_a_callback_check_that_differs_anywhere_is_not_answered(changed: dict[str, str]) -> None:
    assert opened(**changed) is None


def test_the_plain_callback_check_echoes_only_what_is_signed() -> None:
    """sha1 of the sorted token, timestamp and nonce, as the documentation of message push says."""
    token, timestamp, nonce = "token-of-ours", "1700000000", "abcdef"
    right = hashlib.sha1(f"{timestamp}{nonce}{token}".encode()).hexdigest()  # noqa: S324 - the protocol's
    assert echo(token, right, timestamp, nonce, "42") == "42"
    assert echo(token, right, timestamp, "abcdeg", "42") is None
    assert echo("another", right, timestamp, nonce, "42") is None

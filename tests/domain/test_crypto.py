"""The seal as a stranger would try it: published vectors, moved, bent and truncated boxes, wrong and destroyed keys."""

import os
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from app.core.crypto import PERSONAL, Cipher, MasterKey, SealBroken, Sealer, Sm4Gcm, new_secret, supported

ROW, OTHER = UUID(int=1), UUID(int=2)
CELL: tuple[int, str, str, UUID] = (150103, "people", "phone_sealed", ROW)
SECRET, OTHERS_SECRET = b"s" * 32, b"t" * 32
CIPHERS = pytest.mark.parametrize("cipher", list(Cipher))


def ring(*numbers: int, cipher: Cipher = Cipher.AES) -> Sealer:
    return Sealer(*(MasterKey(bytes([number]) * 32, number, cipher) for number in numbers))


def sm4_block(key: bytes, block: bytes, times: int = 1) -> bytes:
    box = BlockCipher(SM4(key), ECB()).encryptor()  # noqa: S305 - the vector is of the bare block
    for _ in range(times):
        block = box.update(block)
    return block


KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


@pytest.mark.parametrize(
    ("times", "expected"),
    [(1, "681edf34d206965e86b3e94f536e4246"), (1_000_000, "595298c7c6fd271f0402f804c33d3f66")],
)
def test_sm4_gives_what_gb_t_32907_gives(times: int, expected: str) -> None:
    assert sm4_block(KEY, KEY, times).hex() == expected


def test_sm4_gcm_gives_what_rfc_8998_gives() -> None:
    """RFC 8998, appendix A.1."""
    plain = bytes.fromhex("".join(letter * 16 for letter in "ABCDEFEA"))
    where = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    expected = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert Sm4Gcm(KEY).encrypt(nonce, plain, where) == expected
    assert Sm4Gcm(KEY).decrypt(nonce, expected, where) == plain


def test_aes_gcm_gives_what_its_designers_give() -> None:
    """McGrew and Viega, The Galois/Counter Mode of Operation, test case 16."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    where = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    box = AESGCM(key).encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, where)
    assert box[-16:].hex() == "76fc6ece0f4e1768cddf8853bb2d551b"


@CIPHERS
@given(value=st.text(), secret=st.none() | st.binary(min_size=32, max_size=32))
def test_what_is_sealed_opens_where_it_stands(cipher: Cipher, value: str, secret: bytes | None) -> None:
    sealer = ring(1, cipher=cipher)
    assert sealer.open(sealer.seal(value, *CELL, secret), *CELL, secret) == value


@CIPHERS
@pytest.mark.parametrize("secret", [None, SECRET])
@pytest.mark.parametrize(
    "elsewhere",
    [
        (150104, "people", "phone_sealed", ROW),
        (150103, "needs", "phone_sealed", ROW),
        (150103, "people", "name_sealed", ROW),
        (150103, "people", "phone_sealed", OTHER),
    ],
)
def test_i13_what_is_moved_does_not_open(
    cipher: Cipher, secret: bytes | None, elsewhere: tuple[int, str, str, UUID]
) -> None:
    sealer = ring(1, cipher=cipher)
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal("19900001234", *CELL, secret), *elsewhere, secret)


@CIPHERS
@pytest.mark.parametrize("secret", [None, SECRET])
def test_i13_no_flipped_bit_goes_unseen(cipher: Cipher, secret: bytes | None) -> None:
    sealer = ring(1, 2, cipher=cipher)
    box = sealer.seal("19900001234", *CELL, secret)
    for bit in range(len(box) * 8):
        bent = bytearray(box)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            sealer.open(bytes(bent), *CELL, secret)


@CIPHERS
@pytest.mark.parametrize("secret", [None, SECRET])
def test_i13_no_truncated_box_opens(cipher: Cipher, secret: bytes | None) -> None:
    sealer = ring(1, cipher=cipher)
    box = sealer.seal("19900001234", *CELL, secret)
    for kept in range(len(box)):
        for part in (box[:kept], box[len(box) - kept :]):
            with pytest.raises(SealBroken):
                sealer.open(part, *CELL, secret)
    with pytest.raises(SealBroken):
        sealer.open(box + b"\0", *CELL, secret)


@CIPHERS
def test_i13_under_another_number_the_same_key_opens_nothing_it_should_not(cipher: Cipher) -> None:
    """The number is no part of what is authenticated: the key behind it is, and keys differ."""
    sealer = ring(1, 2, cipher=cipher)
    box = sealer.seal("19900001234", *CELL)
    assert box[0] == 1
    for number in (0, 2, 3, 127):
        with pytest.raises(SealBroken):
            sealer.open(bytes([number]) + box[1:], *CELL)
    with pytest.raises(SealBroken, match="unknown key number"):
        ring(2, cipher=cipher).open(box, *CELL)


@CIPHERS
def test_i14_what_a_destroyed_secret_sealed_stays_shut(cipher: Cipher) -> None:
    sealer = ring(1, cipher=cipher)
    box = sealer.seal("19900001234", *CELL, SECRET)
    assert box[0] == 1 | PERSONAL
    with pytest.raises(SealBroken, match="destroyed"):
        sealer.open(box, *CELL, None)
    with pytest.raises(SealBroken):
        sealer.open(box, *CELL, OTHERS_SECRET)
    with pytest.raises(SealBroken):
        sealer.open(bytes([1]) + box[1:], *CELL, None)


def test_what_was_sealed_before_there_were_secrets_opens_with_one_at_hand() -> None:
    sealer = ring(1)
    assert sealer.open(sealer.seal("苏日娜", *CELL), *CELL, SECRET) == "苏日娜"


def test_one_ring_holds_keys_of_different_ciphers() -> None:
    aes, sm4 = MasterKey(b"a" * 32, 1, Cipher.AES), MasterKey(b"b" * 32, 2, Cipher.SM4)
    before, after = Sealer(aes), Sealer(sm4, aes)
    for secret in (None, SECRET):
        old = before.seal("苏日娜", *CELL, secret)
        new = after.seal("苏日娜", *CELL, secret)
        assert [old[0] & ~PERSONAL, new[0] & ~PERSONAL] == [1, 2]
        assert [after.open(box, *CELL, secret) for box in (old, new)] == ["苏日娜"] * 2
        personal = secret is not None
        assert [after.is_current(box, personal=personal) for box in (old, new)] == [False, True]
        assert not after.is_current(new, personal=not personal)
        with pytest.raises(SealBroken):
            before.open(new, *CELL, secret)
    assert not after.is_current(b"", personal=True)


def test_one_key_for_two_ciphers_gives_different_boxes_that_do_not_open_each_other() -> None:
    aes, sm4 = (Sealer(MasterKey(b"a" * 32, 1, cipher)) for cipher in Cipher)
    with pytest.raises(SealBroken):
        sm4.open(aes.seal("苏日娜", *CELL), *CELL)
    with pytest.raises(SealBroken):
        aes.open(sm4.seal("苏日娜", *CELL), *CELL)


def test_indexes_are_found_under_each_key_and_held_under_one() -> None:
    old, both, turned = ring(1), ring(1, 2), ring(2, 1)
    at = ("19900001234", 150103, "phone")
    assert both.blind_index(*at) == old.blind_index(*at)
    assert turned.blind_indexes(*at) == both.blind_indexes(*at)[::-1]
    assert turned.blind_index(*at) == ring(2).blind_index(*at)
    assert turned.steady_index(*at) == both.steady_index(*at) == old.steady_index(*at)


@CIPHERS
def test_no_two_boxes_are_alike_and_nothing_shows_through(cipher: Cipher) -> None:
    sealer = ring(1, cipher=cipher)
    value = "19900001234" * 20
    boxes = {sealer.seal(value, *CELL, SECRET) for _ in range(200)}
    assert len({box[1:13] for box in boxes}) == len({box[13:] for box in boxes}) == 200
    assert all(b"1990" not in box for box in boxes)
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()


def test_secrets_and_purposes_make_keys_of_their_own() -> None:
    key = MasterKey(os.urandom(32))
    made = [key.derived(purpose) for purpose in (b"seal", b"index", b"person" + SECRET, b"person" + OTHERS_SECRET)]
    assert len({*made, key.key}) == 5


@pytest.mark.parametrize("number", [0, 128, 255, -1])
def test_a_number_an_envelope_cannot_name_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 127"):
        MasterKey(b"k" * 32, number)


def test_a_ring_has_keys_and_no_number_twice() -> None:
    for keys in ([], [MasterKey(b"a" * 32), MasterKey(b"b" * 32)]):
        with pytest.raises(ValueError, match="different numbers"):
            Sealer(*keys)


@CIPHERS
def test_this_machine_has_both_ciphers(cipher: Cipher) -> None:
    assert supported(cipher)

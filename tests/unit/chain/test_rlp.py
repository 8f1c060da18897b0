"""The encoding of headers, held against the package that Ethereum's Python libraries use."""

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from governance.chain.rlp import RlpInvalid, decode, decode_number, encode, encode_number

ITEMS = st.recursive(
    st.binary(max_size=80), lambda below: st.lists(below, max_size=6), max_leaves=9
)


@given(ITEMS.filter(lambda item: not isinstance(item, list) or len(repr(item).split("[")) < 8))
def test_what_is_encoded_is_what_the_package_encodes_and_is_decoded_again(item) -> None:
    assert encode(item) == rlp.encode(item)
    assert decode(encode(item)) == item


@given(st.binary(max_size=120))
def test_only_one_encoding_of_a_value_is_taken(data: bytes) -> None:
    try:
        item = decode(data)
    except RlpInvalid:
        return
    assert encode(item) == data


@pytest.mark.parametrize(
    "data",
    [
        "",
        "8100",  # a byte that stands for itself, with a prefix
        "b800",  # a short length, written as a long one
        "b90001" + 57 * "00",  # a length with a leading zero
        "83ffff",
        "c3ffff",
        "f8",
        "c0c0",
        "c8" * 9 + "c0",
        "bfffffffffffffffff",
    ],
)
def test_what_is_not_canonical_is_refused(data: str) -> None:
    with pytest.raises(RlpInvalid):
        decode(bytes.fromhex(data))


def test_lists_that_lie_too_deep_are_refused_rather_than_followed() -> None:
    deep = b"\xc0"
    for _ in range(2_000):
        deep = rlp.codec.length_prefix(len(deep), 0xC0) + deep
    with pytest.raises(RlpInvalid, match="too deep"):
        decode(deep)


@given(st.integers(0, 1 << 256))
def test_numbers_come_back(number: int) -> None:
    assert decode_number(encode_number(number)) == number


@pytest.mark.parametrize("item", [b"\0", b"\0\1", []])
def test_what_is_no_number_is_refused(item: object) -> None:
    with pytest.raises(RlpInvalid):
        decode_number(item)

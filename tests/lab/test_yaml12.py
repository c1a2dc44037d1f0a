"""YAML 1.2's core schema, and no more of a text than anybody needs."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from samenoise.lab.yaml12 import BYTES, DEPTH, VALUES, dump, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("08", 8),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0", 0),
        ("+12", 12),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.INF", -float("inf")),
        ("yes", "yes"),
        ("off", "off"),
        ("y", "y"),
        ("True", True),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("=", "="),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("'010'", "010"),
        ("!!str 010", "010"),
        ("!!int '010'", 10),
        ("? a\n: b", {"a": "b"}),
        ("%YAML 1.2\n---\n010", 10),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_the_core_schema(text: str, value: Any) -> None:
    found = load(text.encode())
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2", "has the key 'a' twice, again in line 2"),
        ("{b: {a: 1, 'a': 2}}", "has the key 'a' twice"),
        ("%YAML 1.1\n---\n010", "is not YAML 1.2"),
        ("!!python/object:os.system {}", "which is not of the core schema"),
        ("!!binary YQ==", "which is not of the core schema"),
        ("!!float 1:30", "which is no float"),
        ("!!int 1.5", "which is no int"),
        ("? [a]\n: b", "has a list or mapping as a key"),
        ("- &a [*a]", "has an alias inside what it stands for"),
        ("*a", "undefined alias"),
        ("a\n---\nb", "another document"),
        ("a: [", "is not YAML"),
        ("\x1b", "is not YAML"),
        ('"\\ud800"', "half of a character"),
        ("9" * 6000, "an integer of 6000 digits"),
        ("9" * 21, "more than 64 bits"),
        ("[" * 3000 + "]" * 3000, f"nested more than {DEPTH} deep"),
        ("- " * 3000, f"nested more than {DEPTH} deep"),
        ("".join("  " * k + "a:\n" for k in range(300)), f"nested more than {DEPTH} deep"),
        ("[" + "a," * VALUES + "]", f"more than {VALUES:,} values"),
        (
            "x: &a0 [x, x]\n" + "".join(f"b{k}: &a{k + 1} [*a{k}, *a{k}]\n" for k in range(40)),
            f"more than {VALUES:,} values",
        ),
        ("a" * (BYTES + 1), f"longer than {BYTES:,} bytes"),
    ],
)
def test_what_is_none_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        load(text.encode())
    assert len(str(error.value)) < 200


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(ValueError, match="is not UTF-8: byte 6 is 0xe4"):
        load("name: \xe4".encode("latin-1"))


def test_an_alias_is_a_copy() -> None:
    content = load(b"a: &x {b: []}\nc: *x")
    content["a"]["b"].append(1)
    assert content["c"] == {"b": []}


@pytest.mark.parametrize(
    "part", ["[", "{", "- ", "? ", "a: [", '"', "'", "&a ", "!", "#\n", "|\n a\n", "a\n", "a: b\n", ": "]
)
def test_no_text_takes_long(part: str) -> None:
    began = time.process_time()
    with suppress(ValueError):
        load((part * BYTES).encode()[:BYTES])
    assert time.process_time() - began < 8


PLAIN = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False)
WORDS = st.sampled_from(
    ["010", "1:30", "1e3", "0o7", "yes", "~", "null", "<<", "=", "2024-01-01", "1_0", ".inf", "", "- a", "a: b"]
)
TEXT = WORDS | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.recursive(PLAIN | TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)))
def test_what_is_written_is_read_by_both_versions(content: Any) -> None:
    text = dump(content)
    assert load(text.encode()) == content
    assert yaml.safe_load(text) == content


def test_keys_keep_their_order_and_nothing_is_an_alias() -> None:
    same = {"b": 1, "a": [2]}
    assert dump({"z": same, "a": same}) == "z:\n  b: 1\n  a:\n  - 2\na:\n  b: 1\n  a:\n  - 2\n"

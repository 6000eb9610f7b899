import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prom_operator.configuration.text import document, items, quoted, scalar

HOSTILE = [
    "", " ", "no", "Yes", "null", "~", "1", "1e3", "0x1f", ".inf", "1:30", "2026-01-01", "a: b", "- a", "#", "a #b",
    "{{ x }}", "{% x %}", "&a", "*a", "!!python/object", "'", '"', "\\", "a\nb", "a\r\nb", "\t", "\0", "\x7f", "\x85",
    "\u2028", "\u2029", "\ufeff", "é", "日本", "😀", "x" * 300, "$(POD_NAME)", "%a", "@a", "`", "|", ">", "? a", "---",
]  # fmt: skip

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


def load(text: str) -> object:
    return yaml.load(text, yaml.CSafeLoader)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_string_is_read_back_as_itself(text: str) -> None:
    assert load(document({"a": text, text: "b"})) == {"a": text, text: "b"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_string_is_read_back_as_itself(text: str) -> None:
    assert load(f"a: {scalar(text)}") == {"a": text}


@given(st.dictionaries(st.text(), values, max_size=5))
def test_any_value_is_read_back_as_itself(value: dict[str, object]) -> None:
    assert load(document(value)) == _rounded(value) if value else True


def _rounded(value: object) -> object:
    """YAML 1.1 reads `1e+16` as a string where no dot is in it; Go's reader does not, and nothing here writes one."""
    if isinstance(value, float):
        return load(repr(value)) if math.isfinite(value) else value
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else value


@given(st.lists(st.dictionaries(st.text(min_size=1), values, min_size=1, max_size=3), max_size=4))
def test_lists_can_be_joined(entries: list[dict[str, object]]) -> None:
    joined = "a:\n" + "".join(items([e]) for e in entries)
    assert load(joined) == {"a": _rounded(entries) or None}


def test_what_people_read_is_plain() -> None:
    assert document({"scrape_interval": "31s", "job_name": "serviceMonitor/a/b/0", "names": ["x"]}) == (
        "scrape_interval: 31s\njob_name: serviceMonitor/a/b/0\nnames:\n- x\n"
    )


def test_quotes_leave_no_unprintable_character() -> None:
    assert quoted("\x85\u2028\ud800") == r'"\u0085\u2028\ud800"'

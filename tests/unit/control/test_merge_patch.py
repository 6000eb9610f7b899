from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from common.control.status import merge_patch

scalars = st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
values = st.recursive(
    scalars | st.lists(scalars, max_size=2), lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
)
objects = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def apply(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, as it stands there."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = apply(result.get(name), value)
    return result


@given(objects, objects)
def test_the_patch_turns_the_one_into_the_other(before, after):
    assert apply(before, merge_patch(before, after)) == after


@given(objects)
def test_no_difference_is_no_patch(same):
    assert merge_patch(same, dict(same)) == {}


def test_only_what_differs_is_sent():
    assert merge_patch({"size": 3, "phase": "Running"}, {"size": 3, "phase": "Scaling"}) == {"phase": "Scaling"}
    assert merge_patch({"gone": 1}, {}) == {"gone": None}
    assert merge_patch({}, {"absent": None}) == {}

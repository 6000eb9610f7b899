import pytest
from hypothesis import given
from hypothesis import strategies as st

from prom_operator.api.shared import LabelSelector, SelectorRequirement
from prom_operator.selector import matches, namespaces, takes

labels = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)


def requirement(operator: str, key: str, *values: str) -> LabelSelector:
    return LabelSelector(match_expressions=(SelectorRequirement(key=key, operator=operator, values=values),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        (LabelSelector(match_labels={"a": "x"}), True),
        (LabelSelector(match_labels={"a": "y"}), False),
        (LabelSelector(match_labels={"b": "x"}), False),
        (requirement("In", "a", "x", "y"), True),
        (requirement("In", "b", "x"), False),
        (requirement("NotIn", "a", "x"), False),
        (requirement("NotIn", "b", "x"), True),
        (requirement("Exists", "a"), True),
        (requirement("Exists", "b"), False),
        (requirement("DoesNotExist", "a"), False),
        (requirement("DoesNotExist", "b"), True),
    ],
)
def test_each_operator(selector: LabelSelector, found: bool) -> None:
    assert matches(selector, {"a": "x"}) is found


@given(labels)
def test_an_empty_selector_takes_everything_and_an_absent_one_nothing(some: dict[str, str]) -> None:
    assert takes(LabelSelector(), some)
    assert not takes(None, some)


@given(labels, st.sampled_from("abc"), st.lists(st.sampled_from("xy"), min_size=1))
def test_an_expression_and_its_opposite_divide_the_world(some: dict[str, str], key: str, values: list[str]) -> None:
    assert matches(requirement("In", key, *values), some) != matches(requirement("NotIn", key, *values), some)
    assert matches(requirement("Exists", key), some) != matches(requirement("DoesNotExist", key), some)


def test_an_absent_namespace_selector_means_the_own_one() -> None:
    assert namespaces(None, "mine", {"mine": {}, "other": {}}) == {"mine"}


def test_an_empty_namespace_selector_means_all() -> None:
    assert namespaces(LabelSelector(), "mine", {"mine": {}, "other": {}}) == {"mine", "other"}


def test_namespaces_are_selected_by_their_labels() -> None:
    assert namespaces(LabelSelector(match_labels={"team": "a"}), "mine", {"mine": {}, "x": {"team": "a"}}) == {"x"}

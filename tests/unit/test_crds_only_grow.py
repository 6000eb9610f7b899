"""Promise 4: what any release's types took, today's still take.

tests/golden/crds/<release>/<operator>.yaml is what `python -m <operator> crds` printed at that release. Those of past
releases never change; the present one's is written anew when a type has grown, and a change that takes something away
is refused here.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.resources.compatibility import shrinks
from common.resources.crd import crds_of

RELEASES = Path(__file__).resolve().parents[1] / "golden" / "crds"
OPERATORS = ("etcd_operator", "es_operator", "prom_operator")
FILES = sorted(RELEASES.glob("*/*.yaml"))


def _today(module: str) -> dict[str, dict[str, Any]]:
    operator = importlib.import_module(f"{module}.operator").OPERATOR
    return {crd["metadata"]["name"]: crd for crd in crds_of((*operator.kinds, *operator.dependents))}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_types_only_grow(file: Path) -> None:
    today = _today(file.stem)
    with file.open() as released:
        for before in yaml.load_all(released, yaml.CSafeLoader):
            name = before["metadata"]["name"]
            assert name in today, f"{name} is gone"
            assert shrinks(before, today[name]) == []


@pytest.mark.parametrize("module", OPERATORS)
def test_the_newest_release_has_every_type(module: str) -> None:
    """A type that no golden file knows is protected by none."""
    newest = max(RELEASES.iterdir(), key=lambda folder: tuple(map(int, folder.name.split("."))))
    with (newest / f"{module}.yaml").open() as released:
        known = {crd["metadata"]["name"] for crd in yaml.load_all(released, yaml.CSafeLoader)}
    assert known == set(_today(module)), f"python -m {module} crds > {newest}/{module}.yaml"

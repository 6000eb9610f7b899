"""All images by name, and which of them an ordinary cluster has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ..builds import Build, build_all
from ..progress import Schedule
from ..shell import Trouble
from . import elasticsearch, old_etcd, operators, programs
from .oci import Image
from .recipe import Recipe

RECIPES = {
    recipe.name: recipe for recipe in (*programs.RECIPES, *old_etcd.RECIPES, *operators.RECIPES, *elasticsearch.RECIPES)
}

# Without these no pod runs; they are always there.
NODE = ("pause", "busybox", "coredns")
# The S3 server first: it starts with the node.
DEFAULT = (
    "versitygw",
    "operators",
    "etcd-3.5.35",
    "etcd-3.6.16",
    "elasticsearch-8.19.0",
    "prometheus",
    "config-reloader",
)


def chosen() -> list[str]:
    """`IMAGES`: names, `default` among them if more is wanted than the default; `none` for the node's own only."""
    return os.environ.get("IMAGES", "").replace(",", " ").split() or ["default"]


def named(names: Iterable[str]) -> list[Recipe]:
    """The recipes, each once, in the order given."""
    wanted: list[str] = []
    for name in names:
        match name:
            case "default":
                wanted += DEFAULT
            case "none":
                continue
            case _:
                wanted.append(name)
    if unknown := sorted(set(wanted) - set(RECIPES)):
        raise Trouble(f"no such image: {', '.join(unknown)}; there are {', '.join(RECIPES)}")
    return [RECIPES[name] for name in dict.fromkeys(wanted)]


def builds(recipes: Iterable[Recipe]) -> list[Build]:
    """The programs that they need."""
    return list(dict.fromkeys(build for recipe in recipes for build in recipe.builds))


def make(recipes: Sequence[Recipe]) -> list[Image]:
    """The images, from the cache where it has their layers."""
    build_all(builds(recipes))
    schedule = Schedule([(f"image {recipe.name}", recipe.seconds) for recipe in recipes])
    return [schedule.run(recipe.make) for recipe in recipes]

"""Pieces of raw configuration that a Prometheus takes over from Secrets."""

from __future__ import annotations

from typing import Any

import yaml

from prom_operator.configuration import relabeling
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import NOT_READ

MOST_ALIASES = 100  # a YAML file of a few lines can stand for gigabytes by aliases of aliases


def entries(text: str, where: str) -> list[dict[str, Any]]:
    """The list of mappings that a text holds; none where it was not read. Raises LeftOut for anything else."""
    if text == NOT_READ:
        return []
    try:
        aliases = sum(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text, yaml.CSafeLoader))
        if aliases > MOST_ALIASES:
            raise LeftOut("InvalidYAML", f"{where}: more than {MOST_ALIASES} YAML aliases")
        parsed = yaml.load(text, _Loader)  # noqa: S506 - derives from CSafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" in line {mark.line + 1}" if mark is not None else ""
        raise LeftOut("InvalidYAML", f"{where}: not YAML{at}") from None  # the text itself may be secret
    if parsed is None:
        return []
    if not isinstance(parsed, list) or not all(isinstance(one, dict) for one in parsed):
        raise LeftOut("InvalidYAML", f"{where}: not a list of mappings")
    return parsed


def scrape_configs(text: str, taken: frozenset[str], shards: int, where: str) -> list[dict[str, Any]]:
    """Additional jobs; with several shards each keeps its share of their targets."""
    jobs = entries(text, where)
    names = [job.get("job_name") for job in jobs]
    for i, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise LeftOut("InvalidScrapeConfig", f"{where}: entry {i} has no job_name")
        if name in taken or name in names[:i]:
            raise LeftOut("InvalidScrapeConfig", f"{where}: entry {i} has a job_name that is taken")
    return jobs if shards == 1 else [_sharded(job, shards) for job in jobs]


def _sharded(job: dict[str, Any], shards: int) -> dict[str, Any]:
    steps = job.get("relabel_configs") or []
    if any(isinstance(s, dict) and s.get("action") == "hashmod" for s in steps):
        return job
    return {**job, "relabel_configs": [*steps, *relabeling.sharding(shards)]}


class _Loader(yaml.CSafeLoader):
    """Leaves dates as the strings they are."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}

"""The files of one Prometheus, made from what was observed, and what is left out of them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from common.control.plan import Refused
from prom_operator import names
from prom_operator.alerting_rules.packing import ROOM, packed
from prom_operator.alerting_rules.rule_file import rule_file
from prom_operator.configuration.fragment import Fragment, Known, Monitor, fragment
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import Reference, Values, references_in
from prom_operator.configuration.whole import configuration
from prom_operator.observation import Observation
from prom_operator.pods import RULES

LARGEST_SECRET = 1024 * 1024 - 64 * 1024  # bytes; the API server takes 1 MiB with everything around the data


class Exclusion(NamedTuple):
    """A resource that was selected and is left out."""

    who: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.who}: {self.message}"


class Built(Struct, frozen=True):
    """The files as they are wanted now."""

    configuration: bytes
    """gzip of the text."""
    rules: tuple[dict[str, str], ...]
    """Rule files, one mapping for each ConfigMap; empty where no rules are selected at all."""
    assets: tuple[dict[str, str], ...]
    """TLS files, one mapping for each Secret."""
    left_out: tuple[Exclusion, ...]
    jobs: int
    rule_files: int
    digest: str
    """Of everything that pods mount."""


def build(seen: Observation) -> Built:
    """Make the files. Raises Refused for what is wrong with the Prometheus itself; a wrong monitor is left out."""
    left_out = [Exclusion(who, why.code, why.message) for who, why in seen.unreadable]
    fragments = list(_fragments(seen, left_out))
    rules = _rules(seen, left_out)
    values = Values(seen.meta.namespace, seen.values)
    folders = [f"{RULES}/{names.rules_config_map(seen.name, n)}/*.yaml" for n in range(len(rules))]
    try:
        text = configuration(seen.name, seen.context, fragments, folders, values)
    except LeftOut as wrong:
        raise Refused(wrong.code, f"spec.{wrong.message}") from None
    compressed = gzip.compress(text.encode(), 6, mtime=0)
    if len(compressed) > LARGEST_SECRET:
        raise Refused(
            "ConfigurationTooLarge",
            f"the configuration has {len(compressed)} bytes, compressed, and a Secret holds {LARGEST_SECRET}: "
            "select fewer monitors, and others by another Prometheus",
        )
    files = dict(values.assets)
    for one in fragments:
        files.update(one.assets)
    assets = tuple(packed(files.items()))
    return Built(
        configuration=compressed,
        rules=rules,
        assets=assets,
        left_out=tuple(left_out),
        jobs=sum(len(f.jobs) for f in fragments),
        rule_files=sum(map(len, rules)),
        digest=_digest(compressed, (*rules, *assets)),
    )


def _fragments(seen: Observation, left_out: list[Exclusion]) -> Iterator[Fragment]:
    shared = tuple(
        sorted(set(references_in((seen.spec.api_server_config, seen.spec.scrape_classes), seen.meta.namespace)))
    )
    for monitor in seen.monitors:
        outcome = fragment(monitor, seen.context, _known(monitor, shared, seen))
        if isinstance(outcome, LeftOut):
            left_out.append(Exclusion(str(monitor), outcome.code, outcome.message))
        else:
            yield outcome


def _known(monitor: Monitor, shared: tuple[Reference, ...], seen: Observation) -> Known:
    return tuple((reference, seen.values.get(reference)) for reference in (*monitor.references, *shared))


def _rules(seen: Observation, left_out: list[Exclusion]) -> tuple[dict[str, str], ...]:
    if seen.spec.rule_selector is None:
        return ()
    files: list[tuple[str, str]] = []
    for rules in seen.rule_sets:
        label = seen.context.enforced_namespace("prometheusrules", rules.namespace, rules.name)
        outcome = rule_file(rules, seen.context.version, label)
        if isinstance(outcome, LeftOut):
            left_out.append(Exclusion(str(rules), outcome.code, outcome.message))
        elif len(outcome.encode()) > 2 * ROOM - 64 * 1024:
            left_out.append(Exclusion(str(rules), "TooLarge", "its rule file does not fit into a ConfigMap; split it"))
        else:
            files.append((rules.file, outcome))
    return tuple(packed(files))


def _digest(compressed: bytes, files: tuple[dict[str, str], ...]) -> str:
    digest = hashlib.sha256(compressed)
    for portion in files:
        for name, text in sorted(portion.items()):
            digest.update(f"\0{name}\0{text}".encode())
    return digest.hexdigest()[:16]

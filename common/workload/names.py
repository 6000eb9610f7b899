"""Names and labels of everything an operator owns; the one place where they are made."""

from __future__ import annotations

import re

from common.resources.problem import Unacceptable

MANAGED_BY = "app.kubernetes.io/managed-by"
INSTANCE = "app.kubernetes.io/instance"
APPLICATION = "app.kubernetes.io/name"
KIND = "triad.dev/kind"

LONGEST_NAME = 52
"""A StatefulSet's pods carry the label controller-revision-hash: its name, a dash and ten characters, 63 at most.

A longer name is accepted by the API server and then no pod ever comes (kubernetes/kubernetes #64023).
"""
_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def labels(operator: str, application: str, kind_key: str, instance: str) -> dict[str, str]:
    """The labels of every owned object: a cluster's key can be read back from them."""
    return {**selector(application, kind_key, instance), MANAGED_BY: operator}


def selector(application: str, kind_key: str, instance: str) -> dict[str, str]:
    """The part of them that selectors use. Those can never be changed, so it names nothing that might be."""
    return {APPLICATION: application, INSTANCE: instance, KIND: kind_key}


def check_name(name: str, longest: int = LONGEST_NAME) -> None:
    """Refuse a resource whose name its Services and pods could not carry, before anything is created.

    The API server lets a custom resource be named `3.etcd`, or with 253 characters. A caller whose objects are named
    with a suffix passes a smaller `longest`.
    """
    if len(name) > longest:
        raise Unacceptable(
            "NameTooLong",
            f"metadata.name has {len(name)} characters, and its pods' labels leave room for {longest}: "
            "create it anew with a shorter name",
        )
    if not _SERVICE_NAME.fullmatch(name):
        raise Unacceptable(
            "NameNotUsable",
            f"metadata.name {name!r} cannot name a Service: create it anew with lower-case letters, digits and '-', "
            "a letter first",
        )

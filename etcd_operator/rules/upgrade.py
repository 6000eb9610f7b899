"""Which version the members' pods are made with."""

from __future__ import annotations

from common.control.plan import Reason
from etcd_operator.objects import image_of
from etcd_operator.observation import Observation
from etcd_operator.versions import Version, objection, parse


def release(seen: Observation) -> tuple[Version, str, Reason | None]:
    """Version and image to run, and why it is not the one that is asked for.

    Only another patch release, or exactly one minor up. Anything else leaves the cluster on what it runs; all else that
    was asked for is done all the same, and so is healing.
    """
    wanted = parse(seen.spec.version)
    assert wanted is not None  # noqa: S101 - refuse_version came first
    present = seen.stateful_set
    if present is None or present.version is None:
        return wanted, image_of(seen.spec, wanted), None
    slowest = min((present.version, *seen.versions()))
    why_not = objection(slowest, wanted)
    if not why_not:
        return wanted, image_of(seen.spec, wanted), None
    return present.version, present.image, Reason("UpgradeRefused", f"spec.version: {why_not}")

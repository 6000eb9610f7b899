"""Resources that only a person can mend. Nothing of their cluster is changed meanwhile."""

from __future__ import annotations

from common.control.plan import Refused
from common.resources.problem import Unacceptable
from common.workload.names import check_name
from common.workload.quantity import QuantityError, to_bytes
from etcd_operator.flags import OURS
from etcd_operator.objects import claim_spec, environment
from etcd_operator.observation import Observation
from etcd_operator.versions import OLDEST, parse


def refuse_name(seen: Observation) -> None:
    """Its Services and pods could not carry the name."""
    try:
        check_name(seen.key.name)
    except Unacceptable as error:
        raise Refused(error.problem.code, error.problem.message) from None


def refuse_version(seen: Observation) -> None:
    """Not a version, or one that this operator cannot run."""
    version = parse(seen.spec.version)
    if version is None:
        raise Refused("InvalidSpec", f"spec.version: {seen.spec.version!r} is not a version such as 3.6.16")
    if version < OLDEST or version.major != OLDEST.major:
        raise Refused(
            "UnsupportedVersion",
            f"spec.version: {version} is not supported; ask for {OLDEST.major}.{OLDEST.minor} or a later "
            f"{OLDEST.major}.x",
        )


def refuse_environment(seen: Observation) -> None:
    """etcd ends at once where a setting is given both as a flag and as a variable."""
    taken = [name for name in environment(seen.spec.pod_template) if name in OURS]
    if taken:
        raise Refused("ReservedVariable", f"the environment variable {taken[0]} is set by the operator; take it out")


def refuse_shrinking_volumes(seen: Observation) -> None:
    """No volume can be made smaller."""
    if seen.ephemeral or not seen.claims:
        return
    wanted = requested(seen)
    largest = max(seen.claims, key=lambda c: c.requested)
    if wanted is not None and wanted < largest.requested:
        raise Refused(
            "StorageShrinks",
            f"spec.storage.size: {wanted} bytes are less than the {largest.requested} of {largest.name}, "
            "and volumes cannot be made smaller; ask for at least as much",
        )


def requested(seen: Observation) -> int | None:
    """Bytes that each volume is to have; None where a claim spec does not say."""
    size = claim_spec(seen.spec.storage).get("resources", {}).get("requests", {}).get("storage")
    try:
        return None if size is None else to_bytes(size)
    except QuantityError as error:
        raise Refused("InvalidSpec", f"spec.storage.claimSpec.resources.requests.storage: {error}") from None


def refuse_missing_secrets(seen: Observation) -> None:
    """Pods that name a Secret which is not there would wait for it without a word."""
    if seen.missing_secrets:
        raise Refused(
            "SecretMissing",
            f"the Secret {seen.missing_secrets[0]} is named by the pod template and not there; create it",
        )


CHECKS = (refuse_name, refuse_version, refuse_environment, refuse_shrinking_volumes, refuse_missing_secrets)

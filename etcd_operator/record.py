"""What is written down of a cluster's members, in the ConfigMap `<name>-members` that their pods read too.

Why anything is written down: raft rests on a member never forgetting what it voted for. etcd itself would let a member
that lost its volume start again under its old ID, since `--initial-cluster-state=existing` only compares peer URLs. So
two things stand here.

`ETCD_INITIAL_CLUSTER` names by its pod only a member that is to start without data: all of them at the first start,
later the one that was added and has not joined yet. The others stand there under their IDs. A pod that finds no data
looks for its own name in the list, and if it is not there it ends with "couldn't find local name in the initial
cluster configuration". A pod that has its data never reads the list. (etcd: embed.PeerURLsMapAndToken is called for
members without a WAL only; ServerConfig.hasLocalMember.)

`members` says which member's data is on which volume (UID of the claim, or of the pod for an emptyDir). A member whose
volume is another one now has lost its data, whatever the reason; no guess from timing or from pods' states is made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from msgspec import Struct

INITIAL_CLUSTER = "ETCD_INITIAL_CLUSTER"
INITIAL_STATE = "ETCD_INITIAL_CLUSTER_STATE"
CLUSTER_ID = "cluster-id"
MEMBERS = "members"


class Held(Struct, frozen=True):
    """The member whose data is on a pod's volume."""

    id: int
    volume: str
    """UID of the volume that it was seen on."""
    voter: bool = True


class Record(Struct, frozen=True):
    """The contents of the ConfigMap."""

    initial: tuple[tuple[str, str], ...]
    """Names and peer URLs, as a member that starts without data needs them."""
    existing: bool = False
    """The cluster was formed."""
    cluster_id: int = 0
    held: dict[str, Held] = {}
    """By name of the pod."""

    def expects(self, pod: str) -> bool:
        """A pod of this name may start without data."""
        return any(name == pod for name, _ in self.initial)


def read(data: Mapping[str, str]) -> Record:
    """Read the ConfigMap's data. What cannot be read is taken as not written."""
    pairs = [p.partition("=") for p in data.get(INITIAL_CLUSTER, "").split(",") if "=" in p]
    held: dict[str, Held] = {}
    for line in data.get(MEMBERS, "").splitlines():
        with contextlib.suppress(ValueError):
            pod, id_, volume, role = line.split()
            held[pod] = Held(int(id_, 16), volume, role == "voter")
    cluster_id = 0
    with contextlib.suppress(ValueError):
        cluster_id = int(data.get(CLUSTER_ID, ""), 16)
    # Only the word `new` may let a cluster be formed: anything else errs on the side of the data.
    return Record(tuple((n, u) for n, _, u in pairs), data.get(INITIAL_STATE) != "new", cluster_id, held)


def written(record: Record) -> dict[str, str]:
    """The ConfigMap's data."""
    data = {
        INITIAL_CLUSTER: ",".join(f"{name}={url}" for name, url in record.initial),
        INITIAL_STATE: "existing" if record.existing else "new",
    }
    if record.cluster_id:
        data[CLUSTER_ID] = f"{record.cluster_id:x}"
    if record.held:
        data[MEMBERS] = "".join(
            f"{pod} {held.id:x} {held.volume} {'voter' if held.voter else 'learner'}\n"
            for pod, held in sorted(record.held.items())
        )
    return data

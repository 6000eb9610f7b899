"""`python -m deploy.install`: the three operators onto the cluster of KUBECONFIG, or a local one."""

from __future__ import annotations

import sys

from deploy.install.cluster import Cluster
from deploy.install.kubeconfig import kubeconfig
from deploy.install.operators import operators
from deploy.install.waiting import NotInTime


def main() -> int:
    """Apply the manifests, then wait until each operator is available."""
    cluster = Cluster(kubeconfig())
    installations = operators()
    for installation in installations:
        installation.apply(cluster)
    for installation in installations:
        try:
            installation.wait(cluster)
        except NotInTime as problem:
            print(problem, file=sys.stderr)
            print(f"look at: kubectl -n {installation.namespace} describe deployment,pods", file=sys.stderr)
            return 1
        print(f"{installation.deployment} is available")
    return 0


if __name__ == "__main__":
    sys.exit(main())

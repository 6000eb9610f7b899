"""Security contexts that the restricted Pod Security Standard accepts.

Source: Kubernetes, "Pod Security Standards", Restricted.
"""

from __future__ import annotations

from typing import Any


def pod_security(user: int, group: int | None = None) -> dict[str, Any]:
    """The pod's securityContext: never root, volumes writable for `group` (the user's own unless said).

    OnRootMismatch: a changed ownership is checked at the top of the volume only, so a start does not walk a large one.
    """
    group = user if group is None else group
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": group,
        "fsGroup": group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security(*, read_only_root: bool = True) -> dict[str, Any]:
    """A container's securityContext. `read_only_root` False is for images that write beside their volumes."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": read_only_root,
    }

"""Where a job's targets come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prom_operator.api.shared import AttachMetadata, LabelSelector, NamespaceSelector
from prom_operator.configuration import relabeling
from prom_operator.configuration.context import Context
from prom_operator.configuration.http_client import authorization, basic_auth, tls
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.references import Values


def namespaces(given: NamespaceSelector, own: str, context: Context) -> list[str]:
    """The namespaces to look into; empty means all."""
    if context.spec.ignore_namespace_selectors:
        return [own]
    if given.any:
        return []
    return list(given.match_names) or [own]


def kubernetes(
    role: str, names: Sequence[str], context: Context, api_server: Values, attach_node: bool | None = None
) -> list[dict[str, Any]]:
    """A kubernetes_sd_configs section."""
    said: dict[str, Any] = {"role": role}
    if names:
        said["namespaces"] = {"names": list(names)}
    server = context.spec.api_server_config
    if server is not None:
        said["api_server"] = server.host
        if server.basic_auth is not None:
            said["basic_auth"] = basic_auth(server.basic_auth, api_server)
        if server.bearer_token_file:
            said["bearer_token_file"] = server.bearer_token_file
        if server.authorization is not None:
            said["authorization"] = authorization(server.authorization, context, api_server)
        if server.tls_config is not None:
            said["tls_config"] = tls(server.tls_config, context, api_server, "apiserverConfig.tlsConfig")
    if attach_node is not None:
        said["attach_metadata"] = {"node": attach_node}
    return [said]


def attached(given: AttachMetadata | None, of_class: AttachMetadata | None) -> bool | None:
    """Whether the node's labels are wanted; None where nobody says."""
    said = given or of_class
    return None if said is None else bool(said.node)


def selected(selector: LabelSelector, what: str) -> list[relabeling.Step]:
    """Keep the Services or pods that a selector names. `what` is service or pod.

    A label that is not there and one that is empty look the same in a meta label, so its presence is asked for too.
    """
    steps = [
        relabeling.keep(_label(what, name), f"({value});true") for name, value in sorted(selector.match_labels.items())
    ]
    for one in selector.match_expressions:
        present = [f"__meta_kubernetes_{what}_labelpresent_{relabeling.label_part(one.key)}"]
        match one.operator:
            case "In":
                steps.append(relabeling.keep(_label(what, one.key), f"({'|'.join(_values(one.values))});true"))
            case "NotIn":
                steps.append(relabeling.drop(_label(what, one.key), f"({'|'.join(_values(one.values))});true"))
            case "Exists":
                steps.append(relabeling.keep(present, "true"))
            case "DoesNotExist":
                steps.append(relabeling.drop(present, "true"))
    return steps


def _values(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise LeftOut("InvalidSelector", "selector.matchExpressions: In and NotIn need values")
    return values


def _label(what: str, name: str) -> list[str]:
    part = relabeling.label_part(name)
    return [f"__meta_kubernetes_{what}_label_{part}", f"__meta_kubernetes_{what}_labelpresent_{part}"]

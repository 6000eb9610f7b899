"""enterprises.upmc.com/v1 -> the hub: three roles become three node sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common.resources.fields import Resources
from common.resources.kind import CustomResource
from es_operator.api.v1 import ElasticsearchClusterSpec, HttpService, NodeSet, PullPolicy, Storage
from es_operator.versions import tag_of

if TYPE_CHECKING:
    from es_operator.api.enterprises_v1 import ClusterSpec, MemoryAndCpu

DEFAULT_IMAGE = "docker.elastic.co/elasticsearch/elasticsearch:6.8.23"
"""For resources that name none: their volumes hold what 6.1 wrote, which 6.8 reads and anything newer does not."""
DEFAULT_SIZE = "10Gi"
CLIENT, MASTER, DATA = "client", "master", "data"
_PULL_POLICIES: dict[str, PullPolicy] = {"Always": "Always", "IfNotPresent": "IfNotPresent", "Never": "Never"}


def hub_of(resource: CustomResource) -> ElasticsearchClusterSpec:
    """The same wish as node sets."""
    old: ClusterSpec = resource.spec
    image = old.elastic_search_image or DEFAULT_IMAGE
    return ElasticsearchClusterSpec(
        version=tag_of(image),
        image=image,
        image_pull_policy=_PULL_POLICIES.get(old.image_pull_policy),
        image_pull_secrets=[s.name for s in old.image_pull_secrets if s.name],
        node_sets=[_masters(old), _data(old), _clients(old)],
        config={"network.host": old.network_host} if old.network_host else {},
        service=HttpService(type="NodePort" if old.node_port else "ClusterIP", node_port=old.node_port),
        service_account_name=old.service_account_name or None,
    )


def _masters(old: ClusterSpec) -> NodeSet:
    return NodeSet(
        name=MASTER,
        count=old.master_node_replicas,
        roles=["master"],
        zones=old.zones,
        zone_placement="Preferred",
        java_options=old.master_java_options or old.java_options,
        resources=_resources(old),
        storage=_storage(old, old.master_volume_size or old.data_volume_size),
        pod_template=_placed(old),
    )


def _data(old: ClusterSpec) -> NodeSet:
    return NodeSet(
        name=DATA,
        count=old.data_node_replicas,
        roles=["data", "ingest"],
        zones=old.zones,
        zone_placement="Preferred",
        java_options=old.data_java_options or old.java_options,
        resources=_resources(old),
        storage=_storage(old, old.data_volume_size),
        pod_template=_placed(old),
    )


def _clients(old: ClusterSpec) -> NodeSet:
    spec: dict[str, Any] = {"affinity": old.affinity} if old.affinity else {}
    return NodeSet(
        name=CLIENT,
        count=old.client_node_replicas,
        roles=[],
        java_options=old.client_java_options or old.java_options,
        resources=_resources(old),
        pod_template=_template(old, spec),
    )


def _placed(old: ClusterSpec) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if old.node_selector:
        spec["nodeSelector"] = old.node_selector
    if old.tolerations:
        spec["tolerations"] = old.tolerations
    return _template(old, spec)


def _template(old: ClusterSpec, spec: dict[str, Any]) -> dict[str, Any]:
    template: dict[str, Any] = {"spec": spec} if spec else {}
    if old.annotations:
        template["metadata"] = {"annotations": old.annotations}
    return template


def _storage(old: ClusterSpec, size: int | str) -> Storage:
    return Storage(size=size or DEFAULT_SIZE, storage_class_name=old.storage.storage_class or None)


def _resources(old: ClusterSpec) -> Resources:
    return Resources(requests=_amounts(old.resources.requests), limits=_amounts(old.resources.limits))


def _amounts(amounts: MemoryAndCpu) -> dict[str, int | str]:
    given = {"memory": amounts.memory, "cpu": amounts.cpu}
    return {name: amount for name, amount in given.items() if amount != ""}


def not_acted_on(old: ClusterSpec) -> tuple[str, ...]:
    """Fields that are set and that this release does nothing about, by the names that users know."""
    set_here = {
        "snapshot.scheduler-enabled": old.snapshot.scheduler_enabled,
        "kibana": old.kibana is not None,
        "cerebro": old.cerebro is not None,
        "use-ssl": old.use_ssl is True,
        "instrumentation.statsd-host": bool(old.instrumentation.statsd_host),
        "keep-secrets-on-delete": old.keep_secrets_on_delete,
        "scaling": old.scaling is not None,
        "image-pull-policy": bool(old.image_pull_policy) and old.image_pull_policy not in _PULL_POLICIES,
    }
    return tuple(name for name, given in set_here.items() if given)


def plain_text_keys(old: ClusterSpec) -> tuple[str, ...]:
    """Fields that hold a credential in plain text: whoever may read the resource can read it."""
    held = {
        "snapshot.authentication.password": old.snapshot.authentication.password,
        "snapshot.repo-authentication.access-key": old.snapshot.repo_authentication.access_key,
        "snapshot.repo-authentication.secret-key": old.snapshot.repo_authentication.secret_key,
    }
    return tuple(name for name, value in held.items() if value)

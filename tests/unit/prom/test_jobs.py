"""Scrape jobs in the shape and order that users know from prometheus-operator."""

from typing import Any

import pytest

from tests.unit.prom.worlds import job_of, left_out, pod_monitor, service_monitor

SHARDING = [
    {
        "source_labels": ["__address__", "__tmp_hash"],
        "target_label": "__tmp_hash",
        "regex": "(.+);",
        "replacement": "$1",
        "action": "replace",
    },
    {"source_labels": ["__tmp_hash"], "target_label": "__tmp_hash", "modulus": 1, "action": "hashmod"},
    {"source_labels": ["__tmp_hash", "__tmp_disable_sharding"], "regex": "$(SHARD);|.+;.+", "action": "keep"},
]


def said(step: dict[str, Any]) -> str:
    """A step in one line."""
    source = ",".join(step.get("source_labels", []))
    parts = [
        step.get("action", ""),
        source,
        step.get("regex", ""),
        step.get("target_label", ""),
        step.get("replacement", ""),
    ]
    return " ".join(p.replace("__meta_kubernetes_", "~") for p in parts if p)


def test_the_steps_of_a_service_monitor() -> None:
    monitor = service_monitor(
        endpoints=[{"port": "web", "relabelings": [{"targetLabel": "mine", "replacement": "x"}]}],
        spec={
            "selector": {
                "matchLabels": {"b": "2", "a.x/y": "1"},
                "matchExpressions": [
                    {"key": "c", "operator": "In", "values": ["1", "2"]},
                    {"key": "d", "operator": "NotIn", "values": ["1"]},
                    {"key": "e", "operator": "Exists"},
                    {"key": "f", "operator": "DoesNotExist"},
                ],
            },
            "jobLabel": "job-name",
            "targetLabels": ["team"],
            "podTargetLabels": ["pod-label"],
        },
    )
    steps = job_of(monitor)["relabel_configs"]
    assert [said(s) for s in steps[: -len(SHARDING)]] == [
        "job __tmp_prometheus_job_name",
        "keep ~service_label_a_x_y,~service_labelpresent_a_x_y (1);true",
        "keep ~service_label_b,~service_labelpresent_b (2);true",
        "keep ~service_label_c,~service_labelpresent_c (1|2);true",
        "drop ~service_label_d,~service_labelpresent_d (1);true",
        "keep ~service_labelpresent_e true",
        "drop ~service_labelpresent_f true",
        "keep ~endpoint_port_name web",
        "~endpoint_address_target_kind,~endpoint_address_target_name Node;(.*) node ${1}",
        "~endpoint_address_target_kind,~endpoint_address_target_name Pod;(.*) pod ${1}",
        "~namespace namespace",
        "~service_name service",
        "~pod_name pod",
        "~pod_container_name container",
        "drop ~pod_phase (Failed|Succeeded)",
        "~service_label_team (.+) team ${1}",
        "~pod_label_pod_label (.+) pod_label ${1}",
        "~service_name job ${1}",
        "~service_label_job_name (.+) job ${1}",
        "endpoint web",
        "mine x",
    ]
    assert steps[-len(SHARDING) :] == SHARDING


def test_the_steps_of_a_pod_monitor() -> None:
    steps = job_of(pod_monitor(namespace="default", spec={"jobLabel": "j"}))["relabel_configs"]
    assert [said(s) for s in steps[: -len(SHARDING)]] == [
        "job __tmp_prometheus_job_name",
        "drop ~pod_phase (Failed|Succeeded)",
        "keep ~pod_label_a,~pod_labelpresent_a (a);true".replace("label_a", "label_app").replace(
            "present_a", "present_app"
        ),
        "keep ~pod_container_port_name web",
        "~namespace namespace",
        "~pod_container_name container",
        "~pod_name pod",
        "job default/m",
        "~pod_label_j (.+) job ${1}",
        "endpoint web",
    ]


def test_the_order_of_fields() -> None:
    job = job_of(
        service_monitor(
            endpoints=[
                {
                    "port": "web",
                    "honorLabels": True,
                    "honorTimestamps": False,
                    "interval": "15s",
                    "scrapeTimeout": "5s",
                    "path": "/m",
                    "params": {"b": ["1"], "a": ["2"]},
                    "scheme": "HTTPS",
                    "proxyUrl": "http://p:1",
                    "followRedirects": True,
                    "enableHttp2": False,
                    "tlsConfig": {"insecureSkipVerify": True},
                    "metricRelabelings": [{"action": "drop", "regex": "x", "sourceLabels": ["__name__"]}],
                }
            ],
            spec={"sampleLimit": 5},
        )
    )
    assert list(job) == [
        "job_name",
        "honor_labels",
        "honor_timestamps",
        "kubernetes_sd_configs",
        "scrape_interval",
        "scrape_timeout",
        "metrics_path",
        "proxy_url",
        "follow_redirects",
        "enable_http2",
        "params",
        "scheme",
        "tls_config",
        "relabel_configs",
        "sample_limit",
        "metric_relabel_configs",
    ]
    assert job["job_name"] == "serviceMonitor/default/m/0"
    assert job["scheme"] == "https"
    assert list(job["params"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("end", "step"),
    [
        (
            {"targetPort": 8080},
            {"action": "keep", "source_labels": ["__meta_kubernetes_pod_container_port_number"], "regex": "8080"},
        ),
        (
            {"targetPort": "http"},
            {"action": "keep", "source_labels": ["__meta_kubernetes_pod_container_port_name"], "regex": "http"},
        ),
    ],
)
def test_ports_of_pods(end: dict[str, Any], step: dict[str, Any]) -> None:
    for job in (job_of(service_monitor(endpoints=[end])), job_of(pod_monitor(endpoints=[end]))):
        assert step in job["relabel_configs"]
        assert {"target_label": "endpoint", "replacement": str(end["targetPort"])} in job["relabel_configs"]


@pytest.mark.parametrize(
    ("selector", "spec", "names"),
    [
        ({}, {}, ["default"]),
        ({"any": True}, {}, None),
        ({"matchNames": ["x", "y"]}, {}, ["x", "y"]),
        ({"any": True}, {"ignoreNamespaceSelectors": True}, ["default"]),
    ],
)
def test_where_targets_are_looked_for(selector: Any, spec: dict[str, Any], names: list[str] | None) -> None:
    job = job_of(service_monitor(spec={"namespaceSelector": selector}), **spec)
    assert job["kubernetes_sd_configs"][0].get("namespaces") == (None if names is None else {"names": names})


def test_endpoint_slices() -> None:
    job = job_of(service_monitor(), serviceDiscoveryRole="EndpointSlice")
    assert job["kubernetes_sd_configs"][0]["role"] == "endpointslice"
    assert "keep ~endpointslice_port_name web" in [said(s) for s in job["relabel_configs"]]


@pytest.mark.parametrize(
    ("own", "enforced", "version", "limit"),
    [
        (10, None, "v3.5.0", 10),
        (10, 5, "v3.5.0", 5),
        (5, 10, "v3.5.0", 5),
        (None, 10, "v3.5.0", None),  # the global section holds
        (None, 10, "v2.40.0", 10),
        (0, 10, "v2.40.0", 10),
    ],
)
def test_the_lower_limit_holds(own: int | None, enforced: int | None, version: str, limit: int | None) -> None:
    job = job_of(
        service_monitor(spec={"sampleLimit": own} if own is not None else {}),
        enforcedSampleLimit=enforced,
        version=version,
    )
    assert job.get("sample_limit") == limit


@pytest.mark.parametrize(
    ("field", "value", "name", "since", "before"),
    [
        ("targetLimit", 1, "target_limit", "v2.21.0", "v2.20.0"),
        ("labelLimit", 1, "label_limit", "v2.27.0", "v2.26.0"),
        ("bodySizeLimit", "1MB", "body_size_limit", "v2.28.0", "v2.27.0"),
        ("keepDroppedTargets", 1, "keep_dropped_targets", "v2.47.0", "v2.46.0"),
        ("scrapeProtocols", ["OpenMetricsText1.0.0"], "scrape_protocols", "v2.49.0", "v2.48.0"),
        ("fallbackScrapeProtocol", "PrometheusText0.0.4", "fallback_scrape_protocol", "v3.0.0", "v2.55.0"),
    ],
)
def test_a_field_is_left_out_for_a_version_that_lacks_it(
    field: str, value: Any, name: str, since: str, before: str
) -> None:
    monitor = service_monitor(spec={field: value})
    assert job_of(monitor, version=since)[name] == value
    assert name not in job_of(monitor, version=before)


def test_the_enforced_namespace_has_the_last_word() -> None:
    end = {
        "port": "web",
        "relabelings": [{"targetLabel": "tenant", "replacement": "other"}],
        "metricRelabelings": [{"targetLabel": "tenant", "replacement": "other"}],
    }
    job = job_of(service_monitor(endpoints=[end]), enforcedNamespaceLabel="tenant")
    assert said(job["relabel_configs"][-4]) == "tenant default"
    assert said(job["metric_relabel_configs"][-1]) == "tenant default"
    excluded = [{"resource": "servicemonitors", "namespace": "default"}]
    job = job_of(service_monitor(endpoints=[end]), enforcedNamespaceLabel="tenant", excludedFromEnforcement=excluded)
    assert said(job["metric_relabel_configs"][-1]) == "tenant other"


def test_scrape_classes() -> None:
    classes = [
        {
            "name": "mtls",
            "tlsConfig": {"caFile": "/ca", "certFile": "/c", "keyFile": "/k"},
            "relabelings": [{"targetLabel": "class", "replacement": "mtls"}],
            "attachMetadata": {"node": True},
        },
        {"name": "usual", "default": True, "fallbackScrapeProtocol": "PrometheusText0.0.4"},
    ]
    job = job_of(service_monitor(spec={"scrapeClass": "mtls"}), scrapeClasses=classes)
    assert job["tls_config"] == {"ca_file": "/ca", "cert_file": "/c", "key_file": "/k"}
    assert job["kubernetes_sd_configs"][0]["attach_metadata"] == {"node": True}
    assert "class mtls" in [said(s) for s in job["relabel_configs"]]
    assert job_of(service_monitor(), scrapeClasses=classes)["fallback_scrape_protocol"] == "PrometheusText0.0.4"
    assert left_out(service_monitor(spec={"scrapeClass": "nope"}), scrapeClasses=classes).startswith(
        "UnknownScrapeClass"
    )


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ({"port": "("}, "InvalidRelabeling"),
        ({"port": "web", "interval": "10s", "scrapeTimeout": "11s"}, "longer than the interval"),
        ({"port": "web", "scrapeTimeout": "31s"}, "longer than the interval 30s"),
        ({"port": "web", "interval": "10 s"}, "interval"),
        ({"port": "web", "scheme": "ftp"}, "neither http nor https"),
        ({"port": "web", "proxyUrl": "nonsense"}, "proxyUrl"),
        ({"port": "web", "path": "$(SECRET)"}, "$(SECRET)"),
        ({"port": "web", "bearerTokenFile": "/t", "authorization": {"credentialsFile": "/u"}}, "keep one of them"),
        ({"port": "web", "authorization": {"type": "Basic", "credentialsFile": "/u"}}, "use basicAuth"),
        ({"port": "web", "tlsConfig": {"certFile": "/c"}}, "needs its key"),
        ({"port": "web", "tlsConfig": {"minVersion": "TLS13", "maxVersion": "TLS12"}}, "minVersion TLS13"),
        ({"port": "web", "tlsConfig": {"minVersion": "SSL3"}}, "Invalid enum value"),
        ({"port": 80}, "endpoints[0].port"),
    ],
)
def test_a_wrong_monitor_is_left_out_and_named(end: dict[str, Any], said: str) -> None:
    message = left_out(service_monitor("wrong", [end]), service_monitor("right"))
    assert "ServiceMonitor default/wrong: " in message
    assert said in message
    assert "default/right" not in message


def test_files_are_denied_to_monitors() -> None:
    monitor = service_monitor(endpoints=[{"port": "web", "bearerTokenFile": "/var/run/secrets/token"}])
    assert job_of(monitor)["bearer_token_file"] == "/var/run/secrets/token"
    assert "deny is set" in left_out(monitor, arbitraryFSAccessThroughSMs={"deny": True})

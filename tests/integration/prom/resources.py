"""Random monitors and rules: sound ones, wrong ones, and those that somebody wrote to break things."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

HOSTILE = [
    "",
    " ",
    "(",
    "[",
    "a\nb: c",
    "'",
    '"',
    "{{ x }}",
    "{% x %}",
    "$(POD_NAME)",
    "$(SHARD)",
    "$(SECRET)",
    "${1}",
    "$1",
    "$",
    "\u2028",
    "\u00e9",
    "null",
    "yes",
    "1",
    "-1",
    "1e3",
    "~",
    "*",
    "&a",
    "!!str",
    "#",
    "a: b",
    "- a",
    "x" * 300,
    "a.b",
    "a-b",
    "__name__",
    "\\",
    "%",
    "http://h:1/p",
    "h:1",
]

words = st.sampled_from(["a", "b_c", "team", "__meta_kubernetes_pod_name", "(.+)", "x.*", *HOSTILE]) | st.text(
    max_size=8
)
names = st.sampled_from(["web", "metrics", "http-metrics"]) | st.sampled_from(["a", "b"]) | words
durations = st.sampled_from(["", "1s", "10s", "30s", "1m", "1h30m", "500ms", "0s", "0"])
numbers = st.none() | st.integers(0, 5) | st.sampled_from([1, 2, 3, -1, 2**63])
booleans = st.none() | st.booleans()


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these fields; what is None is left out."""
    return st.fixed_dictionaries({}, optional=fields).map(lambda d: {k: v for k, v in d.items() if v is not None})


def few(most: int, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with at most so many of these fields: so that a good part of what is made is sound."""
    chosen = st.lists(st.sampled_from(sorted(fields)), max_size=most, unique=True)
    made = chosen.flatmap(lambda names_: st.fixed_dictionaries({name: fields[name] for name in names_}))
    return made.map(lambda d: {k: v for k, v in d.items() if v is not None})


relabelings = st.lists(
    some(
        sourceLabels=st.lists(words, max_size=2),
        separator=words,
        targetLabel=words,
        regex=words,
        modulus=st.integers(-1, 4),
        replacement=words,
        action=st.sampled_from(
            [
                "replace",
                "Keep",
                "drop",
                "hashmod",
                "labelmap",
                "labeldrop",
                "labelkeep",
                "lowercase",
                "UPPERCASE",
                "keepequal",
                "dropequal",
                "nonsense",
                "",
            ]
        ),
    ),
    max_size=2,
)
tls = some(
    insecureSkipVerify=booleans,
    serverName=words,
    caFile=words,
    certFile=words,
    keyFile=words,
    minVersion=st.sampled_from(["TLS10", "TLS12", "TLS13"]),
    maxVersion=st.sampled_from(["TLS10", "TLS12", "TLS13"]),
)
secret_key = st.fixed_dictionaries({"name": st.just("s"), "key": st.sampled_from(["k", "missing"])})
endpoints = few(
    3,
    port=names,
    targetPort=names | st.integers(-1, 70_000),
    path=words,
    scheme=words | st.sampled_from(["http", "HTTPS"]),
    params=st.dictionaries(words, st.lists(words, max_size=2), max_size=2),
    interval=durations,
    scrapeTimeout=durations,
    honorLabels=st.booleans(),
    honorTimestamps=booleans,
    trackTimestampsStaleness=booleans,
    proxyUrl=words,
    noProxy=words,
    proxyFromEnvironment=booleans,
    followRedirects=booleans,
    enableHttp2=booleans,
    filterRunning=booleans,
    tlsConfig=tls,
    bearerTokenFile=words,
    authorization=some(type=words, credentials=secret_key, credentialsFile=words),
    basicAuth=some(username=secret_key, password=secret_key),
    oauth2=st.fixed_dictionaries(
        {"clientId": st.fixed_dictionaries({"secret": secret_key}), "clientSecret": secret_key, "tokenUrl": words}
    ),
    relabelings=relabelings,
    metricRelabelings=relabelings,
)
requirements = st.fixed_dictionaries(
    {
        "key": words,
        "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
        "values": st.lists(words, max_size=2),
    }
)
monitor_fields = {
    "jobLabel": words,
    "podTargetLabels": st.lists(words, max_size=2),
    "sampleLimit": numbers,
    "targetLimit": numbers,
    "labelLimit": numbers,
    "labelNameLengthLimit": numbers,
    "labelValueLengthLimit": numbers,
    "keepDroppedTargets": numbers,
    "bodySizeLimit": st.sampled_from(["", "0", "1MB", "1.5GiB", "nonsense"]),
    "scrapeProtocols": st.lists(st.sampled_from(["PrometheusProto", "OpenMetricsText1.0.0", "nonsense"]), max_size=2),
    "fallbackScrapeProtocol": st.sampled_from(["PrometheusText0.0.4", "nonsense"]),
    "namespaceSelector": some(any=st.booleans(), matchNames=st.lists(words, max_size=2)),
    "attachMetadata": some(node=st.booleans()),
    "nativeHistogramBucketLimit": numbers,
    "scrapeClassicHistograms": booleans,
    "scrapeClass": st.none() | st.sampled_from(["c", "nonsense"]),
}
selectors = some(
    matchLabels=st.dictionaries(words, words, max_size=2), matchExpressions=st.lists(requirements, max_size=2)
)


def monitor_specs(ends: str) -> st.SearchStrategy[dict[str, Any]]:
    """Specs whose endpoints stand under this name."""
    lists = st.lists(endpoints, max_size=2)
    required = st.fixed_dictionaries({"selector": selectors, ends: lists})
    return st.tuples(few(2, targetLabels=st.lists(words, max_size=2), **monitor_fields), required).map(
        lambda parts: {**parts[0], **parts[1]}
    )


expressions = st.sampled_from(
    [
        "up",
        "sum by (job) (rate(x[5m])) > 1",
        "foo{",
        "rate(x)",
        "1",
        "",
        'a{b=~"("}',
        "histogram_quantile(0.9, rate(x[1h:5m]))",
        "absent(x) or vector(0)",
        "x offset -1d",
        'count_values("v", x)',
        'label_replace(x, "a", "$1", "b", "(.*)")',
        "min_over_time(x[1m] @ end())",
        "nosuch(x)",
        "a unless on (b) c",
        'x{a="\\n"}',
        "predict_linear(x[1h], 3600) < 0",
        "topk(3, x)",
        '{"a.b"}',
        "x == bool 1",
    ]
)
texts = words | st.sampled_from(
    [
        "{{ $value }}",
        "{{ $labels.job | toUpper }}",
        "{{ if $value }}x{{ end }}",
        "{{ if }}",
        "{{ $value",
        "{{ end }}",
        "{{ nosuch }}",
        '{{ printf "%.1f" $value }}',
        '{{ with query "up" }}{{ . | first | value }}{{ end }}',
        "{{ range . }}",
        "}}",
        "{{{{",
        "{{ }}",
        "{{ . }}",
        '{{ "a }}',
        "{{ $x }}",
        "{{ 1 | 2 }}",
        "{{ humanize }}",
        "{{/* c */}}",
        "{{- $value -}}",
        "{{ ( }}",
        "{{ $labels.a.b }}",
    ]
)
rules = some(
    expr=expressions,
    record=words | st.sampled_from(["a:b", "c"]),
    alert=words | st.just("Alert"),
    keep_firing_for=durations,
    labels=st.dictionaries(words, texts, max_size=2),
    annotations=st.dictionaries(words, texts, max_size=2),
    **{"for": durations},
)
sound_rules = st.fixed_dictionaries(
    {"alert": st.just("Alert"), "expr": st.just("up == 0"), "annotations": st.dictionaries(st.just("summary"), texts)}
)
rule_specs = some(
    groups=st.lists(
        some(
            name=names,
            interval=durations,
            limit=numbers,
            query_offset=durations,
            labels=st.dictionaries(words, words, max_size=1),
            rules=st.lists(rules | sound_rules, max_size=3),
        ),
        max_size=2,
    )
)
prometheus_fields = few(
    3,
    scrapeInterval=durations,
    scrapeTimeout=durations,
    evaluationInterval=durations,
    externalLabels=st.dictionaries(words, words, max_size=2),
    replicaExternalLabelName=words,
    prometheusExternalLabelName=words,
    podTargetLabels=st.lists(words, max_size=1),
    overrideHonorLabels=st.booleans(),
    overrideHonorTimestamps=st.booleans(),
    ignoreNamespaceSelectors=st.booleans(),
    enforcedNamespaceLabel=words,
    sampleLimit=numbers,
    enforcedSampleLimit=numbers,
    enforcedLabelLimit=numbers,
    enforcedBodySizeLimit=st.sampled_from(["", "1MB", "nonsense"]),
    shards=st.integers(1, 3),
    serviceDiscoveryRole=st.sampled_from(["Endpoints", "EndpointSlice"]),
    queryLogFile=words,
    ruleQueryOffset=durations,
    nameValidationScheme=st.sampled_from(["UTF8", "Legacy"]),
    scrapeClasses=st.lists(
        st.tuples(
            st.just({"name": "c", "default": True}),
            some(tlsConfig=tls, relabelings=relabelings, metricRelabelings=relabelings),
        ).map(lambda parts: {**parts[0], **parts[1]}),
        max_size=1,
    ),
    alerting=st.fixed_dictionaries(
        {
            "alertmanagers": st.lists(
                st.tuples(
                    st.fixed_dictionaries({"name": names, "port": names | st.integers(1, 9)}),
                    some(
                        scheme=words,
                        pathPrefix=words,
                        apiVersion=words,
                        timeout=durations,
                        tlsConfig=tls,
                        relabelings=relabelings,
                        alertRelabelings=relabelings,
                    ),
                ).map(lambda parts: {**parts[0], **parts[1]}),
                max_size=1,
            )
        }
    ),
    remoteWrite=st.lists(
        st.tuples(
            st.fixed_dictionaries({"url": words}),
            some(
                name=words,
                remoteTimeout=durations,
                headers=st.dictionaries(words, words, max_size=1),
                writeRelabelConfigs=relabelings,
                sendExemplars=st.booleans(),
            ),
        ).map(lambda parts: {**parts[0], **parts[1]}),
        max_size=2,
    ),
)

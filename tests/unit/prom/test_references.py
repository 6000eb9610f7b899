"""Secrets that monitors refer to: read when needed, by key, and never more."""

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from common.control.operator import Key
from common.control.plan import Call, Plan
from prom_operator.calls import ReadReferences
from prom_operator.configuration.references import Reference
from prom_operator.reads import Reads, ReferredData
from prom_operator.rules.references import AT_ONCE
from prom_operator.seen import REFERRED_SECRET, Referred
from tests.unit.prom.worlds import EVERYTHING, Cluster, Manifest, applied, one, prometheus, service_monitor, text_of

BASIC = {"port": "web", "basicAuth": {"username": {"name": "s", "key": "u"}, "password": {"name": "s", "key": "p"}}}
TLS = {
    "port": "web",
    "tlsConfig": {
        "ca": {"configMap": {"name": "c", "key": "ca.crt"}},
        "cert": {"secret": {"name": "s", "key": "c"}},
        "keySecret": {"name": "s", "key": "k"},
    },
}


class Reading(Cluster):
    """A cluster whose Secrets can be read."""

    def __init__(self, *manifests: Manifest) -> None:
        super().__init__(*manifests)
        self.reads: Reads = self.operator.observe.keywords["reads"]  # type: ignore[attr-defined]

    def answer(self, plan: Plan, version: int = 1, /, **data: str) -> None:
        """What the API server answers to a plan's reads."""
        (call,) = calls(plan)
        assert isinstance(call, ReadReferences)
        for reference in call.references:
            metadata = {
                "name": reference.name,
                "namespace": reference.namespace,
                "uid": f"uid-{reference.name}",
                "resourceVersion": str(version),
            }
            encoded = (
                data
                if reference.source == "ConfigMap"
                else {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}
            )
            import msgspec

            self.reads.keep([reference], msgspec.convert({"metadata": metadata, "data": encoded}, ReferredData))


def calls(plan: Plan) -> list[Call]:
    return [s.action for s in plan.steps if isinstance(s.action, Call)]


def test_a_secret_is_read_first_and_nothing_is_written_meanwhile() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor(endpoints=[BASIC]))
    cluster.secret_there("s")
    plan = cluster.plan()
    assert calls(plan) == [
        ReadReferences((Reference("Secret", "default", "s", "p"), Reference("Secret", "default", "s", "u")))
    ]
    assert applied(plan) == []
    assert plan.look_again == AT_ONCE
    cluster.answer(plan, u="me", p='pass"word')
    assert 'username: me\n    password: "pass\\"word"' in text_of(cluster.plan())


def test_a_value_appears_in_the_configuration_secret_only() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor(endpoints=[BASIC]))
    cluster.secret_there("s")
    cluster.answer(cluster.plan(), u="me", p="swordfish")
    plan = cluster.plan()
    told = (plan.conditions, plan.status, plan.reasons, [s.why for s in plan.steps])
    others = [m for m in applied(plan) if m["metadata"]["name"] != "prometheus-p"]
    assert "swordfish" in text_of(plan)
    assert "swordfish" not in repr(told) + repr(others)


def test_a_missing_secret_leaves_its_monitor_out_and_its_coming_brings_it_in() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor("a", endpoints=[BASIC]), service_monitor("b"))
    plan = cluster.plan()
    assert text_of(plan).count("job_name:") == 1
    condition = next(c for c in plan.conditions if c.type == "ConfigurationComplete")
    assert (condition.status, condition.reason) == ("False", "ReferenceMissing")
    assert "basicAuth.username: Secret default/s, key u" in condition.message
    cluster.secret_there("s")
    cluster.answer(cluster.plan(), u="me", p="x")
    assert text_of(cluster.plan()).count("job_name:") == 2


def test_a_missing_key_leaves_its_monitor_out() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor(endpoints=[BASIC]))
    cluster.secret_there("s")
    cluster.answer(cluster.plan(), u="me")
    assert "Secret default/s, key p" in repr(cluster.plan().conditions)


def test_a_secret_that_went_meanwhile_is_not_asked_for_again() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor(endpoints=[BASIC]))
    cluster.secret_there("s")
    (call,) = calls(cluster.plan())
    assert isinstance(call, ReadReferences)
    cluster.reads.keep(call.references, None, cluster.world.store(REFERRED_SECRET).get("default", "s"))
    plan = cluster.plan()
    assert calls(plan) == []
    assert "ReferenceMissing" in repr(plan.conditions)
    cluster.secret_there("s", version=2)
    assert calls(cluster.plan()) == [call]


def test_a_changed_secret_is_read_again() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor(endpoints=[BASIC]))
    cluster.secret_there("s")
    cluster.answer(cluster.plan(), u="me", p="old")
    cluster.secret_there("s", version=2)
    cluster.answer(cluster.plan(), 2, u="me", p="new")
    assert "password: new" in text_of(cluster.plan())


def test_an_answer_ahead_of_the_cache_is_taken() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor(endpoints=[BASIC]))
    cluster.secret_there("s", version=1)
    cluster.answer(cluster.plan(), 2, u="me", p="new")
    assert calls(cluster.plan()) == []


def test_tls_files() -> None:
    cluster = Reading(prometheus(**EVERYTHING), service_monitor(endpoints=[TLS]))
    cluster.secret_there("s")
    cluster.secret_there("c", kind="ConfigMap")
    cluster.answer(cluster.plan(), 1, **{"c": "CERT", "k": "KEY", "ca.crt": "CA"})
    plan = cluster.plan()
    files = {
        n: base64.b64decode(v).decode() for n, v in one(plan, "Secret", "prometheus-p-tls-assets-0")["data"].items()
    }
    assert files == {"configmap_default_c_ca.crt": "CA", "secret_default_s_c": "CERT", "secret_default_s_k": "KEY"}
    assert "ca_file: /etc/prometheus/certs/configmap_default_c_ca.crt" in text_of(plan)


def test_the_tls_volume_is_there_from_the_start() -> None:
    """So that the first monitor with TLS does not restart the servers."""
    plan = Cluster(prometheus()).plan()
    volumes = one(plan, "StatefulSet", "prometheus-p")["spec"]["template"]["spec"]["volumes"]
    assert {
        "name": "tls-assets",
        "projected": {"sources": [{"secret": {"name": "prometheus-p-tls-assets-0", "optional": True}}]},
    } in volumes


def test_additional_scrape_configs() -> None:
    spec: dict[str, Any] = {"additionalScrapeConfigs": {"name": "s", "key": "more"}, **EVERYTHING}
    cluster = Reading(prometheus(**spec), service_monitor())
    cluster.secret_there("s")
    cluster.answer(cluster.plan(), more="- job_name: mine\n  static_configs:\n  - targets: [a:1]\n")
    assert "- job_name: mine" in text_of(cluster.plan())


def test_wrong_additional_scrape_configs_are_refused() -> None:
    bomb = "a: &a [x]\nb: [" + ",".join(["*a"] * 200) + "]\n"
    for text in ("{", "a: b", "- a", "- x: y", "- job_name: serviceMonitor/default/m/0", bomb):
        cluster = Reading(
            prometheus(additionalScrapeConfigs={"name": "s", "key": "more"}, **EVERYTHING), service_monitor()
        )
        cluster.secret_there("s")
        cluster.answer(cluster.plan(), more=text)
        plan = cluster.plan()
        assert plan.refused, text
        assert "spec.additionalScrapeConfigs: " in plan.reasons[0].message


def test_a_missing_secret_of_the_prometheus_itself_is_refused() -> None:
    plan = Reading(prometheus(additionalScrapeConfigs={"name": "s", "key": "more"})).plan()
    assert plan.refused
    assert plan.reasons[0].code == "ReferenceMissing"


keys = st.sampled_from([Key("Prometheus", "default", n) for n in "abc"])
some_references = st.sets(
    st.builds(Reference, st.just("Secret"), st.just("default"), st.sampled_from("xyz"), st.just("k"))
)


@given(st.lists(st.tuples(keys, some_references)))
def test_the_index_tells_who_refers_to_what(history: list[tuple[Key, set[Reference]]]) -> None:
    reads = Reads()
    now: dict[Key, set[Reference]] = {}
    for key, references in history:
        reads.refers(key, references)
        now[key] = references
    for name in "xyz":
        wanted = {key for key, references in now.items() if any(r.name == name for r in references)}
        assert reads.referring("Secret", "default", name) == wanted
    reads.only([])
    assert not any(reads.referring("Secret", "default", name) for name in "xyz")


def test_annotations_of_secrets_are_not_kept() -> None:
    """`kubectl apply` leaves the whole Secret in one."""
    import msgspec

    seen = msgspec.json.decode(
        b'{"metadata": {"name": "s", "uid": "u", "annotations": {"kubectl.kubernetes.io/last-applied": "secret"}}}',
        type=Referred,
    )
    assert "secret" not in repr(seen)

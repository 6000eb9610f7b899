"""Images whose content is one Go program or a few, at the places where upstream's images have them."""

from __future__ import annotations

from collections.abc import Callable

from ..builds import BUILDS, PROMETHEUS_VERSION, Build
from .base import busybox_layer, static_layer
from .oci import Entry, Image, Layer
from .recipe import Recipe, cached_layer

PAUSE = "registry.k8s.io/pause:3.10"
BUSYBOX = "docker.io/library/busybox:1.36"
COREDNS = "registry.k8s.io/coredns/coredns:v1.14.6"
S3 = "ghcr.io/versity/versitygw:v1.8.0"
NOBODY = "65534"
PROMETHEUS_CONFIG = b"global:\n  scrape_interval: 15s\nscrape_configs: []\n"


def _programs(build: Build, places: dict[str, str], others: tuple[Entry, ...] = ()) -> Layer:
    """The build's programs, each at its place in the image."""
    entries = (*(Entry(place, build.output / program) for place, program in places.items()), *others)
    return cached_layer(build.module, (build.key(),), lambda _: entries)


def pause() -> Image:
    """What every pod's sandbox runs."""
    return Image(
        (PAUSE,), (_programs(BUILDS["pause"], {"pause": "pause"}),), entrypoint=("/pause",), user="65535:65535"
    )


def busybox() -> Image:
    """A shell for init containers and for looking around."""
    return Image((BUSYBOX,), (busybox_layer(),), command=("sh",))


def coredns() -> Image:
    """The cluster's name server."""
    layers = (static_layer(), _programs(BUILDS["coredns"], {"coredns": "coredns"}))
    return Image((COREDNS,), layers, entrypoint=("/coredns",), ports=("53/udp",))


def etcd(version: str) -> Callable[[], Image]:
    """Like upstream's from 3.5 on: no shell, and a command but no entry point."""

    def make() -> Image:
        binaries = {"etcd": "server", "etcdctl": "etcdctl", "etcdutl": "etcdutl"}
        places = {f"usr/local/bin/{name}": program for name, program in binaries.items()}
        folders = (Entry("var/etcd"), Entry("var/lib/etcd"))
        return Image(
            (f"quay.io/coreos/etcd:v{version}",),
            (static_layer(), _programs(BUILDS[f"etcd-{version}"], places, folders)),
            command=("/usr/local/bin/etcd",),
            folder="/var/lib/etcd",
            ports=("2379/tcp", "2380/tcp"),
        )

    return make


def prometheus() -> Image:
    """With upstream's shell, and its promtool."""
    others = (
        Entry("etc/prometheus"),
        Entry("etc/prometheus/prometheus.yml", PROMETHEUS_CONFIG, mode=0o644),
        Entry("prometheus", uid=65534, gid=65534),
    )
    places = {"bin/prometheus": "prometheus", "bin/promtool": "promtool"}
    return Image(
        (f"quay.io/prometheus/prometheus:v{PROMETHEUS_VERSION}",),
        (busybox_layer(), _programs(BUILDS["prometheus"], places, others)),
        entrypoint=("/bin/prometheus",),
        command=("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
        user=NOBODY,
        folder="/prometheus",
        ports=("9090/tcp",),
        volumes=("/prometheus",),
    )


def config_reloader() -> Image:
    """Makes Prometheus read a changed configuration."""
    name = "prometheus-config-reloader"
    return Image(
        (f"quay.io/prometheus-operator/{name}:v0.85.0",),
        (busybox_layer(), _programs(BUILDS["config-reloader"], {f"bin/{name}": name})),
        entrypoint=(f"/bin/{name}",),
        user=NOBODY,
    )


def versitygw() -> Image:
    """An S3 server over a folder."""
    return Image(
        (S3,),
        (static_layer(), _programs(BUILDS["versitygw"], {"usr/local/bin/versitygw": "versitygw"})),
        entrypoint=("/usr/local/bin/versitygw",),
        ports=("7070/tcp",),
    )


ETCD_VERSIONS = ("3.5.35", "3.6.8", "3.6.16", "3.7.3")

RECIPES = (
    Recipe("pause", pause, (BUILDS["pause"],)),
    Recipe("busybox", busybox),
    Recipe("coredns", coredns, (BUILDS["coredns"],)),
    *(Recipe(f"etcd-{version}", etcd(version), (BUILDS[f"etcd-{version}"],)) for version in ETCD_VERSIONS),
    Recipe("prometheus", prometheus, (BUILDS["prometheus"],)),
    Recipe("config-reloader", config_reloader, (BUILDS["config-reloader"],)),
    Recipe("versitygw", versitygw, (BUILDS["versitygw"],)),
)

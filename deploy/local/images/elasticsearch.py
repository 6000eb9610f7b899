"""Elasticsearch from the archive that its own integration tests run on, with Debian's Java.

That archive is the one complete server which Maven Central serves for 7.x and later. It lacks some modules of the
real image (`rest-root`, `repository-s3`, machine learning, …): docs/limits.md says what follows from that.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import debian
from ..settings import cache_folder, locked
from ..shell import Trouble, run, succeeds
from .base import account_entries, certificate_entries
from .oci import PATH, Entry, Image, Layer, file_digest, folder_entries
from .recipe import Recipe, cached_layer

HOME = "usr/share/elasticsearch"
USER = 1000
HERE = Path(__file__).parent
JAVA = 17
SYSTEM_PACKAGES = (
    f"openjdk-{JAVA}-jre-headless",
    "bash",
    "coreutils",
    "curl",
    "dash",
    "grep",
    "hostname",
    "sed",
    "tini",
)
ARCHIVES = {"8.19.0": "sha256:14833b2d86c30656901f92049f81fb5777a8e4545413c8656cd1a21b55173033"}
WANTED_DESCRIPTORS = 65535  # by Elasticsearch's own bootstrap check
CONFIG = 'cluster.name: "docker-cluster"\nnetwork.host: 0.0.0.0\n'
# With Debian's Java the class data archive is made when it is installed; without it every start takes seconds more.
SHARE_CLASSES = 'mount -t proc proc "$1/proc" && exec chroot "$1" "$2/bin/java" -Xshare:dump'


def image(version: str) -> Callable[[], Image]:
    """Laid out as upstream's, down to user and entry point."""

    def make() -> Image:
        return Image(
            (f"docker.elastic.co/elasticsearch/elasticsearch:{version}",),
            (_system_layer(), _server_layer(version)),
            entrypoint=("/bin/tini", "--", "/usr/local/bin/docker-entrypoint.sh"),
            command=("eswrapper",),
            user=f"{USER}:0",
            folder=f"/{HOME}",
            ports=("9200/tcp", "9300/tcp"),
            environment={"PATH": f"/{HOME}/bin:{PATH}", "ELASTIC_CONTAINER": "true"},
        )

    return make


def _system_layer() -> Layer:
    limited = not succeeds(["sh", "-c", f"ulimit -n {WANTED_DESCRIPTORS}"])

    def entries(scratch: Path) -> Iterator[Entry]:
        root = debian.unpack(SYSTEM_PACKAGES, scratch)
        home = next((root / "usr/lib/jvm").glob(f"java-{JAVA}-openjdk-*"))
        (root / "proc").mkdir(exist_ok=True)
        inside = f"/{home.relative_to(root)}"
        run(["unshare", "--mount", "sh", "-c", SHARE_CLASSES, "sh", root, inside])
        if limited:
            _hide_descriptor_limit(home / "lib" / "libmanagement_ext.so")
        yield from folder_entries(root, "")
        user = f"elasticsearch:x:{USER}:{USER}::/{HOME}:/bin/bash\n"
        yield from account_entries(user, f"elasticsearch:x:{USER}:\n")
        yield from certificate_entries()
        # Where Elasticsearch looks for the Java that it brings along.
        yield Entry(f"{HOME}/jdk", link=inside)

    return cached_layer("elasticsearch-system", (*SYSTEM_PACKAGES, f"limited={limited}"), entries)


def _hide_descriptor_limit(library: Path) -> None:
    """Let Java not know how many files it may open.

    On an address that others reach, Elasticsearch refuses to start where that is fewer than 65,535, and goes on where
    it cannot be told. On a machine whose own hard limit is lower nobody may raise it (that takes CAP_SYS_RESOURCE), and
    a test's few shards are far below. So there, and only there, Java's question goes to a call that answers it with
    an error. https://www.elastic.co/guide/en/elasticsearch/reference/8.19/bootstrap-checks.html
    """
    before = library.read_bytes()
    after = before.replace(b"\0getrlimit\0", b"\0getrusage\0")
    if after == before:
        raise Trouble(f"{library.name} does not ask for getrlimit; the image's recipe has to follow")
    library.write_bytes(after)


def _server_layer(version: str) -> Layer:
    def entries(scratch: Path) -> Iterator[Entry]:
        _extract(_archive(version), scratch)
        server = scratch / f"elasticsearch-{version}"
        environment = server / "bin" / "elasticsearch-env"
        environment.write_text(_as_container(environment.read_text()))
        (server / "config" / "elasticsearch.yml").write_text(CONFIG)
        logging = HERE / "elasticsearch-log4j2.properties"
        (server / "config" / "log4j2.properties").write_text(logging.read_text())
        for entry in folder_entries(server, HOME):
            top = entry.name.removeprefix(f"{HOME}/").split("/")[0]
            yield _writable(entry) if top in ("config", "data", "logs", "plugins") else entry
        yield _writable(Entry(f"{HOME}/data"))
        yield Entry("usr/local/bin/docker-entrypoint.sh", HERE / "elasticsearch-entrypoint.sh")

    return cached_layer(f"elasticsearch-{version}", (), entries)


def _writable(entry: Entry) -> Entry:
    """By its user, and by its group whatever the user."""
    mode = 0o775 if entry.content is None else 0o664
    return Entry(entry.name, entry.content, entry.link, mode, uid=USER)


def _as_container(script: str) -> str:
    """In a container it takes settings from the environment, under either spelling."""
    changed = script.replace("ES_DISTRIBUTION_TYPE=zip", "ES_DISTRIBUTION_TYPE=docker")
    if changed == script:
        raise Trouble("elasticsearch-env names no distribution type; the image's recipe has to follow")
    return changed


def _archive(version: str) -> Path:
    """Downloaded once, and what was pinned."""
    folder = cache_folder() / "downloads"
    path = folder / f"elasticsearch-{version}.zip"
    with locked("downloads", cache_folder() / "locks"):
        if not path.exists() or file_digest(path) != ARCHIVES[version]:
            folder.mkdir(parents=True, exist_ok=True)
            artifact = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{version}:zip"
            run(
                ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"],
                timeout=900,
            )
            if (digest := file_digest(path)) != ARCHIVES[version]:
                path.unlink()
                raise Trouble(f"{artifact} is {digest}, not the one that was pinned ({ARCHIVES[version]})")
    return path


def _extract(archive: Path, folder: Path) -> None:
    """With the modes that the archive gives; the standard library leaves them out."""
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            path = Path(opened.extract(member, folder))
            if mode := member.external_attr >> 16 & 0o777:
                path.chmod(mode)


RECIPES = tuple(Recipe(f"elasticsearch-{version}", image(version), seconds=25) for version in ARCHIVES)

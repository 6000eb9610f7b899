"""The image writer, against the format itself."""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from deploy.local.images import catalogue
from deploy.local.images.oci import Entry, Image, Layer, folder_entries, write_archive, write_layer
from deploy.local.images.recipe import cached_layer
from deploy.local.settings import SOURCE
from deploy.local.shell import Trouble


def layer(folder: Path, name: str = "layer.tar") -> Layer:
    entries = [Entry("etc/hello", b"hello\n", mode=0o644), Entry("etc"), Entry("bin/sh", link="busybox")]
    return write_layer(entries, folder / name)


def members(path: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(path) as archive:
        return {member.name: member for member in archive.getmembers()}


def test_the_same_files_give_the_same_digest_whenever_and_in_whatever_order(tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_text("content")
    entries = [Entry("b", source), Entry("a", b"1")]
    first = write_layer(entries, tmp_path / "1.tar")
    os.utime(source, (1, 1))
    second = write_layer(reversed(entries), tmp_path / "2.tar")
    assert first.digest == second.digest
    assert first.digest == f"sha256:{hashlib.sha256((tmp_path / '1.tar').read_bytes()).hexdigest()}"


def test_another_mode_is_another_digest(tmp_path: Path) -> None:
    one = write_layer([Entry("a", b"1", mode=0o644)], tmp_path / "1.tar")
    other = write_layer([Entry("a", b"1", mode=0o755)], tmp_path / "2.tar")
    assert one.digest != other.digest


def test_folders_come_before_their_files_and_nothing_carries_this_machines_owners(tmp_path: Path) -> None:
    found = members(layer(tmp_path).path)
    assert list(found) == ["bin/sh", "etc", "etc/hello"]
    assert {(member.uid, member.gid, member.uname, member.mtime) for member in found.values()} == {(0, 0, "", 0)}
    assert found["bin/sh"].issym() and found["bin/sh"].linkname == "busybox"
    assert found["etc"].isdir()


def test_of_two_entries_with_one_name_the_last_is_kept(tmp_path: Path) -> None:
    made = write_layer([Entry("/etc/passwd", b"theirs"), Entry("etc/passwd", b"ours")], tmp_path / "x.tar")
    with tarfile.open(made.path) as archive:
        file = archive.extractfile("etc/passwd")
        assert file and file.read() == b"ours"
        assert len(archive.getmembers()) == 1


def test_a_folder_goes_in_with_modes_and_links(tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "run").write_text("#!/bin/sh\n")
    (folder / "bin" / "run").chmod(0o750)
    (folder / "bin" / "alias").symlink_to("run")
    found = {entry.name: entry for entry in folder_entries(folder, "opt/x", uid=7)}
    assert set(found) == {"opt/x/bin", "opt/x/bin/run", "opt/x/bin/alias"}
    assert (found["opt/x/bin/run"].mode, found["opt/x/bin/run"].uid) == (0o750, 7)
    assert found["opt/x/bin/alias"].link == "run"


def test_an_archive_is_a_valid_image_layout(tmp_path: Path) -> None:
    shared = layer(tmp_path)
    own = write_layer([Entry("app", b"x")], tmp_path / "own.tar")
    images = [
        Image(("example.org/a:1", "example.org/a:latest"), (shared, own), entrypoint=("/app",), user="65532"),
        Image(("example.org/b:1",), (shared,), command=("sh",), volumes=("/data",)),
    ]
    buffer = io.BytesIO()
    write_archive(images, buffer)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as archive:
        content = {m.name: file.read() for m in archive.getmembers() if (file := archive.extractfile(m))}
    for name, blob in content.items():
        if name.startswith("blobs/sha256/"):
            assert hashlib.sha256(blob).hexdigest() == name.removeprefix("blobs/sha256/")
    assert json.loads(content["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads(content["index.json"])["manifests"]
    names = [entry["annotations"]["io.containerd.image.name"] for entry in index]
    assert names == ["example.org/a:1", "example.org/a:latest", "example.org/b:1"]
    for entry in index:
        manifest = json.loads(content[blob_name(entry["digest"])])
        assert entry["size"] == len(content[blob_name(entry["digest"])])
        config = json.loads(content[blob_name(manifest["config"]["digest"])])
        assert config["rootfs"]["diff_ids"] == [each["digest"] for each in manifest["layers"]]
        assert all(len(content[blob_name(each["digest"])]) == each["size"] for each in manifest["layers"])
    assert index[0]["digest"] == images[0].digest


def blob_name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def test_what_an_image_runs_stands_in_its_configuration(tmp_path: Path) -> None:
    image = Image(("x",), (), entrypoint=("/app",), user="65532", folder="/data", environment={"A": "b"})
    run = json.loads(image.config())["config"]
    assert run["Entrypoint"] == ["/app"]
    assert "Cmd" not in run
    assert (run["User"], run["WorkingDir"]) == ("65532", "/data")
    assert "A=b" in run["Env"]


def test_a_layer_is_made_once_for_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAD_CACHE", str(tmp_path))
    made = []

    def entries(scratch: Path) -> list[Entry]:
        (scratch / "file").write_text("content")
        made.append(scratch)
        return [Entry("file", scratch / "file")]

    first = cached_layer("thing", ("1",), entries)
    assert cached_layer("thing", ("1",), entries) == first
    assert len(made) == 1 and not made[0].exists()
    cached_layer("thing", ("2",), entries)
    assert len(made) == 2


def test_a_layer_that_failed_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAD_CACHE", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        cached_layer("thing", (), lambda scratch: [Entry("file", scratch / "missing")])
    assert list((tmp_path / "layers").iterdir()) == []


def test_images_are_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGES", "etcd-3.7.3, operators")
    assert [recipe.name for recipe in catalogue.named(catalogue.chosen())] == ["etcd-3.7.3", "operators"]
    monkeypatch.setenv("IMAGES", "default etcd-3.7.3")
    assert [recipe.name for recipe in catalogue.named(catalogue.chosen())] == [*catalogue.DEFAULT, "etcd-3.7.3"]
    monkeypatch.setenv("IMAGES", "none")
    assert catalogue.named(catalogue.chosen()) == []


def test_an_unknown_image_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Trouble, match=r"no such image: redis; there are .*etcd-3\.6\.16"):
        catalogue.named(["redis"])


def test_builds_are_listed_once_however_many_images_need_them() -> None:
    recipes = catalogue.named(["etcd-3.6.16", "etcd-3.6.16", "coredns", "operators"])
    assert [build.module for build in catalogue.builds(recipes)] == ["etcd-3.6.16", "coredns"]


def test_the_documentation_names_every_image() -> None:
    text = (SOURCE / "README.md").read_text()
    assert [name for name in catalogue.RECIPES if f"`{name}`" not in text] == []

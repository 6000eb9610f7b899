"""What is put into a cluster, and how its programs are told to run."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import addons, components, node, pki
from deploy.local.builds import Build
from deploy.local.images import programs
from deploy.local.settings import Instance
from deploy.local.shell import run


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance("shop", 3, tmp_path)


def documents(instance: Instance, images: set[str]) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(addons.manifest(instance, images)))


def test_the_name_server_has_the_address_that_kubelet_tells_the_pods(instance: Instance) -> None:
    services = [one for one in documents(instance, set()) if one["kind"] == "Service"]
    assert [service["spec"]["clusterIP"] for service in services] == [str(instance.dns_address)]
    assert node.kubelet_config(instance)["clusterDNS"] == [str(instance.dns_address)]


def test_there_is_one_default_storage_class_and_it_lets_claims_grow(instance: Instance) -> None:
    classes = [one for one in documents(instance, set()) if one["kind"] == "StorageClass"]
    assert [one["metadata"]["name"] for one in classes] == ["standard"]
    assert classes[0]["allowVolumeExpansion"] is True
    assert classes[0]["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"


def test_the_s3_server_comes_only_with_its_image(instance: Instance) -> None:
    def names(images: set[str]) -> set[str]:
        return {one["metadata"]["name"] for one in documents(instance, images)}

    assert "s3" not in names({programs.PAUSE})
    assert "s3" in names({programs.S3})


def test_pods_of_the_addons_use_only_images_that_are_imported_before_them(instance: Instance) -> None:
    deployments = [one for one in documents(instance, {programs.S3}) if one["kind"] == "Deployment"]
    used = {c["image"] for one in deployments for c in one["spec"]["template"]["spec"]["containers"]}
    assert len(used) == 2
    assert used <= addons.NEEDED


def test_kubeconfigs_name_files_and_never_carry_keys(instance: Instance) -> None:
    pki.kubeconfig(instance, "admin", instance.kubeconfig)
    config = yaml.safe_load(instance.kubeconfig.read_text())
    user, cluster = config["users"][0]["user"], config["clusters"][0]["cluster"]
    assert set(user) == {"client-certificate", "client-key"}
    assert cluster == {"server": instance.server, "certificate-authority": f"{instance.folder}/pki/ca.crt"}
    assert config["current-context"] == config["contexts"][0]["name"]


def test_certificates_are_made_once_and_are_those_of_the_addresses(instance: Instance) -> None:
    pki.make(instance)
    made = {path.name: path.read_bytes() for path in (instance.folder / "pki").iterdir()}
    pki.make(instance)
    assert {path.name: path.read_bytes() for path in (instance.folder / "pki").iterdir()} == made
    shown = run(["openssl", "x509", "-in", instance.folder / "pki" / "apiserver.crt", "-noout", "-text"])
    for address in (instance.address, instance.services[1], "127.0.0.1"):
        assert f"IP Address:{address}" in shown
    assert "id-ecPublicKey" in shown
    checked: list[str | Path] = [
        "openssl",
        "verify",
        "-CAfile",
        instance.folder / "pki" / "ca.crt",
        instance.folder / "pki" / "kubelet.crt",
    ]
    assert "OK" in run(checked)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (instance.folder / "pki").glob("*.key"))


def test_kubelet_keeps_to_the_instances_own_control_group_and_folder(instance: Instance) -> None:
    config = node.kubelet_config(instance)
    assert config["cgroupRoot"] == "/triad-shop"
    assert json.dumps(config).count(str(instance.folder)) >= 5
    assert "/var/lib/kubelet" not in json.dumps(config)


def test_every_program_is_found_under_its_name(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Build, "output", instance.folder / "built")
    components.link_programs(instance)
    components.link_programs(instance)
    links = {path.name: path.readlink() for path in (instance.folder / "bin").iterdir()}
    assert set(links) == set(components.PROGRAMS)
    assert set(links.values()) == {instance.folder / "built" / "kubernetes"}

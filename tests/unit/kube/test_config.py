from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.kube.config import access_from, in_cluster
from common.kube.kubeconfig import ConfigError, load

Json = dict[str, Any]


def kubeconfig(
    path: Path, name: str = "here", current: str | None = None, user: Json | None = None, cluster: Json | None = None
) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name if current is None else current,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443/", **(cluster or {})}}],
        "users": [{"name": name, "user": user or {}}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document))
    return str(path)


def test_files_are_found_from_the_folder_of_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    for name in ("ca", "crt", "key"):
        (tmp_path / "pki" / name).write_text(name)
    user = {"client-certificate": "pki/crt", "client-key": str(tmp_path / "pki/key"), "tokenFile": "token"}
    path = kubeconfig(tmp_path / "config", user=user, cluster={"certificate-authority": "pki/ca"})
    access = access_from(path)
    assert (access.ca_data, access.certificate, access.key) == (b"ca", b"crt", b"key")
    assert access.token_file == str(tmp_path / "token")
    assert access.server == "https://here:6443"
    assert access.namespace == "ns-here"
    assert not access.insecure


def test_data_wins_over_files(tmp_path: Path) -> None:
    data = base64.b64encode(b"inline").decode()
    cluster = {"certificate-authority": "missing", "certificate-authority-data": data}
    assert access_from(kubeconfig(tmp_path / "config", cluster=cluster)).ca_data == b"inline"


def test_the_first_file_that_names_a_thing_wins(tmp_path: Path) -> None:
    one = kubeconfig(tmp_path / "one", "x", current="", user={"token": "of-one"})
    two = kubeconfig(tmp_path / "two", "x", current="x", user={"token": "of-two"})
    three = kubeconfig(tmp_path / "three", "y", user={"token": "of-three"})
    environment = {"KUBECONFIG": f"{one}:{tmp_path / 'missing'}:{two}:{three}"}
    assert access_from(environment=environment).token == "of-one"
    assert access_from(context="y", environment=environment).token == "of-three"


def test_only_the_kubeconfig_itself_turns_verification_off(tmp_path: Path) -> None:
    assert not access_from(kubeconfig(tmp_path / "a", cluster={"insecure-skip-tls-verify": "true"})).insecure
    assert access_from(kubeconfig(tmp_path / "b", cluster={"insecure-skip-tls-verify": True})).insecure


@pytest.mark.parametrize("user", [{"exec": {"command": "aws"}}, {"auth-provider": {"name": "gcp"}}, {"username": "u"}])
def test_ways_to_log_in_that_are_not_supported_are_named(tmp_path: Path, user: Json) -> None:
    with pytest.raises(ConfigError, match="use a token or a client certificate"):
        access_from(kubeconfig(tmp_path / "config", user=user))


def test_a_message_about_a_broken_file_holds_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("users: [{user: {token: s3cret}}: {")
    with pytest.raises(ConfigError) as raised:
        access_from(str(tmp_path / "config"))
    assert "s3cret" not in str(raised.value)


def test_nothing_to_go_by_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--kubeconfig or KUBECONFIG"):
        access_from(environment={"HOME": str(tmp_path)})


def test_an_unknown_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'other'"):
        access_from(kubeconfig(tmp_path / "config"), "other")


def test_a_rotated_token_is_read_again(tmp_path: Path) -> None:
    for name, content in (("token", "first\n"), ("namespace", "home"), ("ca.crt", "")):
        (tmp_path / name).write_text(content)
    access = in_cluster("10.0.0.1", "443", tmp_path)
    assert access.headers()["Authorization"] == "Bearer first"
    (tmp_path / "token").write_text("second")
    assert access.headers()["Authorization"] == "Bearer first"
    assert access.refresh()
    assert access.headers()["Authorization"] == "Bearer second"
    assert not access.refresh()
    access._token_read -= 61
    (tmp_path / "token").write_text("third")
    assert access.headers()["Authorization"] == "Bearer third"
    assert access.namespace == "home"


def test_ipv6_addresses_are_bracketed(tmp_path: Path) -> None:
    assert in_cluster("fd00::1", "443", tmp_path).server == "https://[fd00::1]:443"


def test_credentials_do_not_show_when_printed(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", user={"token": "s3cret", "client-key-data": "czNjcmV0"})
    assert "s3cret" not in repr(load([Path(path)]))
    assert "s3cret" not in repr(access_from(kubeconfig(tmp_path / "other", user={"token": "s3cret"})))

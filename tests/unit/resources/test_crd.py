from __future__ import annotations

import dataclasses

import pytest

from common.kube.resource import Resource
from common.resources.crd import crd_of, crds_of
from tests.unit.resources.sample import KIND, OLD_KIND

OTHER = Resource("sample.triad.dev", "v1", "Other", "others")


def test_versions_of_one_type_share_a_crd() -> None:
    crds = crds_of([KIND, dataclasses.replace(KIND, resource=OTHER), OLD_KIND])
    assert [crd["metadata"]["name"] for crd in crds] == ["samples.sample.triad.dev", "others.sample.triad.dev"]
    assert [version["name"] for version in crds[0]["spec"]["versions"]] == ["v1", "v1beta1"]


def test_exactly_one_version_is_stored() -> None:
    with pytest.raises(ValueError, match="Sample"):
        crd_of([KIND, dataclasses.replace(OLD_KIND, storage=True)])
    with pytest.raises(ValueError, match="Sample"):
        crd_of([OLD_KIND])


def test_a_resource_is_converted_by_no_webhook() -> None:
    assert crd_of([KIND, OLD_KIND])["spec"]["conversion"] == {"strategy": "None"}


def test_the_revision_is_that_of_the_newest_version() -> None:
    crd = crd_of([KIND, dataclasses.replace(OLD_KIND, revision=7)])
    assert crd["metadata"]["annotations"]["triad.dev/schema-revision"] == "7"


def test_spec_is_required_where_something_in_it_is() -> None:
    new, old = (version["schema"]["openAPIV3Schema"] for version in crd_of([KIND, OLD_KIND])["spec"]["versions"])
    assert new["required"] == ["spec"]
    assert "required" not in old


def test_a_kind_must_fit_the_label_that_names_it() -> None:
    with pytest.raises(ValueError, match="too long"):
        dataclasses.replace(KIND, resource=Resource("a" * 60, "v1", "Other", "others"))

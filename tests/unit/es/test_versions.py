import pytest

from es_operator.versions import Version, tag_of, version_of


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("8.19.0", Version(8, 19, 0)),
        ("v6.8.23", Version(6, 8, 23)),
        ("6.1.3_0", Version(6, 1, 3)),
        ("8.19.0-amd64", Version(8, 19, 0)),
        ("latest", None),
        ("8.19", None),
        ("8.19.0.1", None),
        ("", None),
        ("8.19.0\n8.20.0", Version(8, 19, 0)),
        ("-8.19.0", None),
    ],
)
def test_a_version_is_three_numbers_and_whatever_follows(text: str, version: Version | None) -> None:
    assert version_of(text) == version


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("docker.elastic.co/elasticsearch/elasticsearch:8.19.0", "8.19.0"),
        ("registry:5000/elasticsearch", ""),
        ("registry:5000/elasticsearch:7.17.29", "7.17.29"),
        ("elasticsearch:6.8.23@sha256:00ff", "6.8.23"),
        ("elasticsearch@sha256:00ff", ""),
        ("upmcenterprises/docker-elasticsearch-kubernetes:6.1.3_0", "6.1.3_0"),
    ],
)
def test_the_tag_is_not_the_registrys_port(image: str, tag: str) -> None:
    assert tag_of(image) == tag

"""The cache's keys, and what is said while one waits."""

from pathlib import Path

import pytest

from deploy.local import builds
from deploy.local.builds import BUILDS, Build, build_all
from deploy.local.progress import PRIOR_SECONDS, Schedule, duration


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(builds, "MODULES", tmp_path)
    monkeypatch.setattr(builds, "go_version", lambda: "go1.0")
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "go.mod").write_text("module x")
    return tmp_path / "thing"


def test_a_key_changes_with_all_that_decides_the_program(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Build("thing", 1).key()]
    assert Build("thing", 999).key() == keys[0], "an estimate decides nothing"
    keys.append(Build("thing", 1, stamps=(("main.version", "1"),)).key())
    keys.append(Build("thing", 1, package=".").key())
    (modules / "go.sum").write_text("sum")
    keys.append(Build("thing", 1).key())
    (modules / "go.mod").write_text("module y")
    keys.append(Build("thing", 1).key())
    monkeypatch.setattr(builds, "go_version", lambda: "go1.1")
    keys.append(Build("thing", 1).key())
    assert len(set(keys)) == len(keys)


def test_what_moves_from_one_file_to_the_next_is_another_program(modules: Path) -> None:
    (modules / "a.go").write_text("12")
    (modules / "b.go").write_text("3")
    before = Build("thing", 1).key()
    (modules / "a.go").write_text("1")
    (modules / "b.go").write_text("23")
    assert Build("thing", 1).key() != before


def test_a_build_that_failed_is_not_taken_for_one(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAD_CACHE", str(modules.parent / "cache"))

    def fails(command: list[str], **_: object) -> str:
        (Path(command[command.index("-o") + 1]) / "half").write_text("")
        raise OSError("no space left")

    monkeypatch.setattr(builds, "run", fails)
    with pytest.raises(OSError, match="no space left"):
        build_all([Build("thing", 1)])
    assert not Build("thing", 1).built()
    assert list((modules.parent / "cache" / "build").iterdir()) == []


def test_every_build_has_its_pinned_module() -> None:
    for build in BUILDS.values():
        assert (build.folder / "go.mod").is_file(), build.module


def test_kubernetes_says_which_version_it_is() -> None:
    flags = " ".join(BUILDS["kubernetes"].flags)
    assert f"gitVersion=v{builds.KUBERNETES_VERSION}" in flags
    assert f"k8s.io/kubernetes v{builds.KUBERNETES_VERSION}" in (BUILDS["kubernetes"].folder / "go.mod").read_text()


def test_what_remains_is_this_step_and_all_later_ones() -> None:
    schedule = Schedule([("a", 100), ("b", 50), ("c", 10)])
    assert schedule.remaining_seconds(0) == 160
    assert schedule.remaining_seconds(40) == 120


def test_a_step_that_is_late_makes_the_others_late() -> None:
    schedule = Schedule([("a", 100), ("b", 50), ("c", 10)])
    assert schedule.remaining_seconds(1000) > 60 * 5
    assert schedule.remaining_seconds(1000) < 60 * 10


def test_a_slow_machine_is_slow_in_the_rest_as_well() -> None:
    schedule = Schedule([("a", 600), ("b", 100)], spent=[1200])
    expected = (1200 + PRIOR_SECONDS) / (600 + PRIOR_SECONDS)
    assert schedule.remaining_seconds(0) == pytest.approx(100 * expected)
    assert 1.8 < expected < 2


def test_a_short_first_step_says_little() -> None:
    assert Schedule([("a", 3), ("b", 200)], spent=[0.1]).step_seconds() == pytest.approx(200, rel=0.06)


def test_the_line_says_what_how_far_and_how_long() -> None:
    line = Schedule([("building a", 100), ("building b", 600)], spent=[100]).line(300)
    assert line == "[2/2] building b: 5 min of about 10 min; all done in about 5 min"


def test_steps_are_run_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    schedule = Schedule([("a", 1), ("b", 1)])
    assert schedule.run(lambda: 42) == 42
    assert len(schedule.spent) == 1 and schedule.spent[0] < 1
    assert capsys.readouterr().err == "", "what comes from the cache is not worth a line"


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (-3, "0 s"), (99, "99 s"), (100, "2 min"), (610, "10 min")])
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said

from __future__ import annotations

from common.kube.objects import Meta, Object
from common.kube.store import Store


def seen(name: str, version: int, namespace: str = "a", cluster: str = "") -> Object:
    labels = {"cluster": cluster} if cluster else {}
    return Object(metadata=Meta(name=name, namespace=namespace, resource_version=str(version), labels=labels))


def by_cluster(obj: Object) -> str | None:
    return obj.metadata.labels.get("cluster")


def changes(store: Store[Object]) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []

    def version(obj: Object | None) -> str:
        return "" if obj is None else obj.metadata.resource_version

    store.on_change.append(lambda old, new: told.append((version(old), version(new))))
    return told


def test_an_older_state_never_replaces_a_newer_one() -> None:
    store: Store[Object] = Store()
    assert store.put(seen("x", 10))
    assert not store.put(seen("x", 9))
    found = store.get("a", "x")
    assert found is not None and found.metadata.resource_version == "10"


def test_versions_are_numbers_not_words() -> None:
    store: Store[Object] = Store()
    store.put(seen("x", 9))
    assert store.put(seen("x", 10))


def test_the_answer_to_a_write_and_its_event_tell_one_change() -> None:
    store: Store[Object] = Store()
    told = changes(store)
    store.put(seen("x", 5))
    store.put(seen("x", 7))  # the answer to our write
    store.put(seen("x", 7))  # its event
    assert told == [("", "5"), ("5", "7")]


def test_a_late_answer_does_not_bring_back_what_was_deleted_meanwhile() -> None:
    store: Store[Object] = Store()
    store.put(seen("x", 5))
    store.discard("a", "x", "8")
    assert not store.put(seen("x", 7))
    assert store.get("a", "x") is None
    assert store.put(seen("x", 9))


def test_a_deletion_told_late_does_not_take_the_new_object_of_that_name() -> None:
    store: Store[Object] = Store()
    store.put(seen("x", 9))
    assert not store.discard("a", "x", "8")
    assert store.get("a", "x") is not None


def test_a_deletion_of_the_unknown_is_no_change() -> None:
    store: Store[Object] = Store()
    told = changes(store)
    assert not store.discard("a", "x", "8")
    assert told == []


def test_objects_of_files_have_no_version_and_replace_each_other() -> None:
    store: Store[Object] = Store()
    first = Object(metadata=Meta(name="x"))
    second = Object(metadata=Meta(name="x"))
    store.put(first)
    store.put(second)
    assert store.get("", "x") is second


def test_the_index_follows_every_change_and_is_sorted_by_name() -> None:
    store: Store[Object] = Store(by_cluster)
    for name in ("c", "a", "b"):
        store.put(seen(name, 1, cluster="one"))
    assert [o.metadata.name for o in store.of("one")] == ["a", "b", "c"]
    store.put(seen("b", 2, cluster="two"))
    store.discard("a", "c", "3")
    store.put(seen("d", 4))
    assert [o.metadata.name for o in store.of("one")] == ["a"]
    assert [o.metadata.name for o in store.of("two")] == ["b"]
    assert store.of("three") == []
    assert len(store) == 3


def test_a_listener_that_fails_keeps_the_change_from_nobody() -> None:
    store: Store[Object] = Store()

    def broken(old: Object | None, new: Object | None) -> None:
        raise RuntimeError("broken")

    store.on_change.append(broken)
    told = changes(store)
    store.put(seen("x", 1))
    assert told == [("", "1")]


def test_deletions_are_not_remembered_for_ever() -> None:
    store: Store[Object] = Store()
    for number in range(3000):
        store.discard("a", f"x{number}", str(number + 1))
    assert len(store._gone) == 1024

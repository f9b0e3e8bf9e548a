from services.embedder.item import Item, Kind, Priority
from services.embedder.queueing.quota import MOST_IMAGES, MOST_TEXTS, InteractiveQuota


def item(caller: str = "ada", kind: Kind = Kind.IMAGE) -> Item:
    return Item(kind, b"x", caller=caller, priority=Priority.INTERACTIVE)


def test_a_caller_cannot_hurry_a_whole_import() -> None:
    quota = InteractiveQuota()
    entered = [quota.enter(item()) for _ in range(MOST_IMAGES + 10)]
    assert [one.priority for one in entered] == [Priority.INTERACTIVE] * MOST_IMAGES + [
        Priority.BULK
    ] * 10


def test_others_and_texts_are_counted_apart() -> None:
    quota = InteractiveQuota()
    for _ in range(MOST_IMAGES):
        quota.enter(item())
    assert quota.enter(item("ben")).priority is Priority.INTERACTIVE
    texts = [quota.enter(item(kind=Kind.TEXT)) for _ in range(MOST_TEXTS + 1)]
    assert [one.priority for one in texts[-2:]] == [Priority.INTERACTIVE, Priority.BULK]


def test_what_is_done_makes_room() -> None:
    quota = InteractiveQuota()
    entered = [quota.enter(item()) for _ in range(MOST_IMAGES + 1)]
    quota.leave(entered[-1])
    assert quota.enter(item()).priority is Priority.BULK, "it had gone as bulk"
    quota.leave(entered[0])
    assert quota.enter(item()).priority is Priority.INTERACTIVE
    for one in entered[1:-1]:
        quota.leave(one)


def test_bulk_is_never_counted() -> None:
    quota = InteractiveQuota()
    bulk = item()._replace(priority=Priority.BULK)
    for _ in range(MOST_IMAGES * 2):
        assert quota.enter(bulk) is bulk
    assert quota.enter(item()).priority is Priority.INTERACTIVE

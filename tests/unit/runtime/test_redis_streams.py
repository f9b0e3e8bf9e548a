"""Reading what Redis answers of a stream, in each protocol's shape."""

from services.runtime.redis_streams import claimed_entries, read_entries

ENTRIES = [("1-0", {"event": "a"}), ("2-0", {"event": "b"})]


def test_reads_an_answer_of_either_protocol() -> None:
    assert read_entries([["stream", ENTRIES]]) == ENTRIES
    assert read_entries({"stream": [ENTRIES]}) == ENTRIES
    assert read_entries([]) == read_entries({}) == read_entries(None) == []


def test_leaves_out_what_was_removed_before_it_was_claimed() -> None:
    assert claimed_entries(["0-0", [ENTRIES[0], (None, None), ENTRIES[1]]]) == ENTRIES

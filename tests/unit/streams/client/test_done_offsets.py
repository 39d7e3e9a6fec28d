"""What a command that was cut off remembers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.client.done_offsets import DoneOffsets, ProgressError

PLACES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)))


@given(PLACES)
def test_it_is_a_set_of_places(places: list[tuple[int, int]]) -> None:
    done = DoneOffsets(Path("nowhere"), "t")
    for place in places:
        done.add(*place)
    for partition in (0, 1, 2):
        of_it = {offset for number, offset in places if number == partition}
        for offset in range(14):
            assert ((partition, offset) in done) == (offset in of_it)
            assert done.next_undone(partition, offset) == next(n for n in range(offset, 20) if n not in of_it)


def test_what_is_saved_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "done.json"
    done = DoneOffsets.open(path, "t")
    for offset in (3, 1, 2, 9):
        done.add(0, offset)
    done.save()
    again = DoneOffsets.open(path, "t")
    assert [offset for offset in range(12) if (0, offset) in again] == [1, 2, 3, 9]
    assert again.next_undone(0, 1) == 4


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b"\xff", b'{"format": 1, "topic": "another", "done": {}}',
        b'{"format": 1, "topic": "t", "done": {"0": [[5, 3]]}}', b'{"format": 1, "topic": "t", "done": [1]}',
    ],
)  # fmt: skip
def test_a_file_that_says_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "done.json"
    path.write_bytes(content)
    with pytest.raises(ProgressError, match=r"cannot be read from .*: it is no such file, or of another topic\."):
        DoneOffsets.open(path, "t")


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ProgressError, match="cannot be written to"):
        DoneOffsets(tmp_path / "file" / "done.json", "t").save()

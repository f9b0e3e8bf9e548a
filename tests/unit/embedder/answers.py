"""What a worker tells its service, taken apart."""

from collections.abc import Iterator, Sequence

from services.embedder.worker.finisher import Buffer
from services.embedder.worker.frames import ANSWER, Answer

Answered = tuple[Answer, bytes]


def answers_in(buffers: Sequence[Buffer]) -> Iterator[Answered]:
    """The headers and payloads that a worker sends in some buffers."""
    data = b"".join(buffers)
    while data:
        answer = Answer._make(ANSWER.unpack_from(data))
        end = ANSWER.size + answer.length
        yield answer, data[ANSWER.size : end]
        data = data[end:]

"""What search needs of the world, as narrow as the use cases."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.clients.model import Embedded, Space, Vector
from services.search.model import Cursor, Hit, ImageEvent, ImagePoint, Outcome, Scope, StoredVector


class VectorIndex(Protocol):
    """Vectors of images, kept apart by space.

    Every method raises `IndexUnavailable` if the index does not answer.
    """

    async def open(self, space: Space) -> None:
        """Makes the space ready; creates it, empty, if it is new. Can be repeated."""

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        """Keeps points, in place of former ones with the same image ids.

        Once this returns, killing any process loses none of them.
        """

    async def delete(self, image_ids: Sequence[str]) -> None:
        """Forgets images in every space, also of models no longer used; unknown ids are fine."""

    async def search(
        self,
        space: Space,
        vector: Vector,
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
    ) -> list[Hit]:
        """The images nearest to the vector, best first; equals in order of their ids.

        Args:
            space: An open space.
            vector: As long as the space's dimension.
            scope: Which images to look at.
            limit: Most hits to give, at least 1.
            after: Only hits that come after this place in the ranking, wherever that is now.
        """

    async def stored(self, space: Space, image_ids: Sequence[str]) -> Mapping[str, StoredVector]:
        """Vectors of those images that are in the space, whoever's they are."""

    async def count(self, space: Space) -> int:
        """How many images are in the space."""

    async def probe(self) -> None:
        """Raises if the index does not answer."""

    async def close(self) -> None:
        """Writes down what is not yet and lets go of files and connections."""


class ImageEmbedder(Protocol):
    """Turns many images into vectors, over one stream."""

    async def space(self) -> Space:
        """The space of the model in use now.

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
        """

    async def embed(self, image_id: str, image: bytes) -> Embedded:
        """An encoded image's vector.

        Raises:
            StreamBroke: the image was sent, and the stream ended before its answer.
            Unavailable, ResourceExhausted: the embedder cannot take it now.
            InvalidInput: the image can never be embedded.
        """


class EventStream(Protocol):
    """Events of images, at least once, and the answers to them."""

    async def open(self) -> None:
        """Makes sure that no event from now on is missed."""

    async def replayed_for(self) -> str:
        """Name of the space that every image was last announced for; empty if none."""

    async def set_replayed_for(self, space_name: str) -> None:
        """Remembers the space that every image was announced for."""

    async def own_unfinished(self) -> list[ImageEvent]:
        """Events that this replica took and did not finish before it was started again."""

    async def abandoned(self, count: int) -> list[ImageEvent]:
        """At most `count` events that nobody has finished for a minute, now this replica's."""

    async def read(self, count: int) -> list[ImageEvent]:
        """At most `count` new events; waits a few seconds for the first."""

    async def finish(self, message_ids: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        """Announces outcomes and takes the events off the stream, both or neither."""

    async def begin_alone(self, message_id: str) -> int:
        """Counts an attempt at a suspect event; how many there were, this one included."""

    async def end_alone(self, message_id: str) -> None:
        """Forgets the attempts: the event proved harmless, or was interrupted for another cause."""

"""What search needs of the world, as narrow as the use cases."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from services.clients.model import Embedded, Space, Vector
from services.search.model import (
    Cursor,
    Hit,
    ImageEvent,
    ImagePoint,
    Newcomer,
    Outcome,
    Scope,
    StoredVector,
)


class VectorIndex(Protocol):
    """Vectors of images, kept apart by space.

    Every method raises `IndexUnavailable` if the index does not answer, or cannot
    do it now; `SpaceGone` if it has not the space any more.
    """

    async def open(self, space: Space) -> None:
        """Makes the space ready; creates it, empty, if it is new. Can be repeated."""

    @property
    def keeps_crops(self) -> bool:
        """Whether it keeps parts of images, and searches them."""

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        """Keeps points, in place of former ones with the same image ids.

        Once this returns, killing any process loses none of them.

        Raises:
            PointRefused: the index will never take one of them; others may be kept.
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
        exact: bool = False,
        crops: bool = False,
    ) -> list[Hit]:
        """The images nearest to the vector, best first; equals in order of their ids.

        Args:
            space: An open space.
            vector: As long as the space's dimension.
            scope: Which images to look at.
            limit: Most hits to give, at least 1.
            after: Only hits that come after this place in the ranking, wherever that is now.
            exact: Whether every image in scope is compared by its whole vector, without a graph
                and without quantization.
            crops: Whether each image's score is that of the whole or of its best part, whichever
                is higher; where the index keeps parts. Of more than `crops.SCANNED` images in scope
                those of the `crops.NEAREST` that are best as a whole are looked at, unless `exact`.

        Raises:
            VectorWrong: the vector is not of the space.
        """

    async def search_words(
        self,
        space: Space,
        weights: Mapping[str, float],
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
    ) -> list[Hit]:
        """The images whose names and labels have some of these words, best first; equals by id.

        Args:
            space: An open space.
            weights: How much each word counts, as `query_terms` writes it; above 0. A hit's
                score is their sum, each times how much the image speaks of the word, 0 to 1.
            scope: Which images to look at.
            limit: Most hits to give, at least 1.
            after: Only hits that come after this place in the ranking, wherever that is now.
        """

    async def version(self, space: Space, user_id: str) -> str | None:
        """What stands for a user's images in a space; another one after each acknowledged write.

        It is asked for before what is to be kept, and again before that is given out. None while it
        cannot be told; then nothing may be kept.

        Args:
            space: An open space.
            user_id: Whose images.
        """

    async def stored(
        self, space: Space, image_ids: Sequence[str], *, crops: bool = False
    ) -> Mapping[str, StoredVector]:
        """Vectors of those images that are whole in the space, whoever's they are.

        Args:
            space: An open space.
            image_ids: Of which images.
            crops: Whether their parts are read, too.
        """

    async def own(
        self, space: Space, user_id: str, image_ids: Sequence[str]
    ) -> Mapping[str, Vector]:
        """Vectors of those images that are a user's and whole in the space.

        Other people's are looked for as unknown ones are.
        """

    async def image_ids(
        self, space: Space, scope: Scope, *, limit: int, after: str = ""
    ) -> list[str]:
        """Ids of the images in scope, ascending.

        Args:
            space: An open space.
            scope: Which images.
            limit: Most ids to give, at least 1.
            after: Only ids behind this one; all if empty. The image itself may be gone.
        """

    async def lacks(self, space_name: str, image_ids: Sequence[str]) -> bool:
        """True if some of those images are not in the space of that name, or it is gone."""

    async def all_ids(self, space_name: str, *, limit: int, after: str = "") -> list[str]:
        """Ids of images in the space of that name, whoever's they are, ascending; for upkeep alone.

        Args:
            space_name: Of any space; one that is gone has none.
            limit: Most ids to give, at least 1.
            after: Only ids behind this one; all if empty.
        """

    async def in_use(self) -> str:
        """Name of the space that searches use; empty if nobody has said yet."""

    async def use(self, space: Space) -> None:
        """Has searches use an open space from now on; said once, it stays so for all replicas."""

    async def count(self, space: Space) -> int:
        """How many images are in the space."""

    async def count_in(self, space: Space, scope: Scope, *, exact: bool = True) -> int:
        """How many images are in scope; about as many, and at once, if not `exact`."""

    async def word_counts(
        self, space: Space, user_id: str, words: Sequence[str]
    ) -> Mapping[str, int]:
        """How many of a user's images have each of these words; those that none has are left out.

        Args:
            space: An open space.
            user_id: Whose images.
            words: As `query_terms` writes them.
        """

    async def outdated(self, space: Space) -> bool:
        """Whether some points lack what is written now, because former code wrote them.

        They are found by their vectors, and by what they have; written again they lack nothing. If
        parts of images are kept, so do those lack something of which nobody has looked for any.
        """

    async def values(
        self, space: Space, field: str, scope: Scope, *, limit: int
    ) -> Mapping[str, int]:
        """Values of a keyword field among the images in scope, and how many images have each.

        At most `limit` values, those that most images have.
        """

    async def count_of_user(self, user_id: str) -> int:
        """How many points are a user's, in every space, also of models no longer used."""

    async def delete_of_user(self, user_id: str) -> None:
        """Forgets a user's points in every space, also of models no longer used."""

    async def probe(self) -> None:
        """Raises if the index does not answer."""

    async def close(self) -> None:
        """Writes down what is not yet and lets go of files and connections."""


class Arrivals(Protocol):
    """Remembers images that somebody may wait for."""

    async def before(self, space: Space, changed: Sequence[ImagePoint]) -> None:
        """Told of images that are about to get other names or labels in the index.

        Raises:
            Unavailable: it could not be remembered.
            SpaceGone: the index lost the space.
        """

    async def after(
        self, newcomers: Sequence[Newcomer], *, there: Collection[str], gone: Collection[str]
    ) -> None:
        """Told of images when the index has them, and before anybody else is.

        Args:
            newcomers: Images that are new, or changed.
            there: Ids of all that the index took, new or not.
            gone: Ids of those that it forgot.

        Raises:
            Unavailable: it could not be remembered.
        """


class Following(Protocol):
    """The space that is to have every image, too, image by image."""

    async def followed(self) -> str:
        """Name of the space that is made, or just was; empty for none."""

    async def add_missed(self, space_name: str, image_ids: Sequence[str]) -> None:
        """Remembers images that a space has not got as they are now."""


class Changeover(Following, Protocol):
    """Which model's space is to follow the one in use."""

    async def announce_missed(self, space_name: str) -> None:
        """Has the images announced that a space in use has missed."""

    async def noted_default(self) -> Space | None:
        """Which default of the embedder was taken note of; None if none was."""

    async def note_default(self, space: Space) -> None:
        """Takes note of the embedder's default."""

    async def follow(self, space: Space) -> None:
        """Has a space made beside the one in use, unless another is made already."""

    async def stay(self, space: Space) -> None:
        """Ends the making of another space than this, if nobody asked for it by name."""


class ImageEmbedder(Protocol):
    """Turns many images into vectors, over one stream."""

    async def spaces(self) -> Sequence[Space]:
        """Spaces of the models that embed images here, that of the embedder's default first.

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
        """

    async def embed(
        self, image_id: str, image: bytes, space: Space, *, crops: bool = False
    ) -> Embedded:
        """An encoded image's vector in a space, and those of its parts if they are asked for.

        Raises:
            OtherModel: a replica embedded it that runs another model than the space's; the next
                try may reach another replica.
            StreamBroke: the image was sent, and the stream ended before its answer.
            Unavailable, ResourceExhausted: the embedder cannot take it now.
            InvalidInput: the image can never be embedded.
        """


class EventStream(Protocol):
    """Events of images, at least once, and the answers to them."""

    async def open(self) -> None:
        """Makes sure that no event from now on is missed.

        If events may have been missed before, no space is complete any more.
        """

    async def complete_spaces(self) -> Collection[str]:
        """Names of the spaces that have, or will get, every image.

        Every image was announced for them, and they have missed none since.
        """

    async def begin_announcing(self, space_name: str) -> None:
        """Remembers that a space is not complete: every image is about to be announced for it."""

    async def end_announcing(self, space_name: str) -> None:
        """Remembers that every image was announced for a space.

        It is complete, unless it has missed some since that began.
        """

    async def set_missed(self, space_names: Collection[str]) -> None:
        """Remembers that spaces have missed an image, and are not complete."""

    async def own_unfinished(self) -> list[ImageEvent]:
        """Events that this replica took and did not finish before it was started again."""

    async def abandoned(self, count: int) -> list[ImageEvent]:
        """At most `count` events that nobody has finished for a minute, now this replica's."""

    async def read(self, count: int) -> list[ImageEvent]:
        """At most `count` new events; waits a few seconds for the first."""

    async def keep(self, message_ids: Collection[str]) -> None:
        """Says that this replica is still at work on events, so that no other takes them over.

        Events that another took over already stay with it.
        """

    async def finish(
        self,
        message_ids: Sequence[str],
        outcomes: Sequence[Outcome],
        given_up: Mapping[ImageEvent, Outcome],
    ) -> None:
        """Announces outcomes and takes the events off the stream, both or neither.

        Args:
            message_ids: Of events that ended.
            outcomes: What to announce.
            given_up: Those of the events whose images break whatever works on them, and why;
                they are kept for whoever looks.
        """

    async def begin_alone(self, message_id: str, attempt_id: str) -> int:
        """Counts an attempt at a suspect event; how many there were, this one included.

        The same attempt counts once, however often it is said.
        """

    async def end_alone(self, message_id: str, attempt_id: str) -> None:
        """Forgets an attempt: the event proved harmless, or was interrupted for another cause."""

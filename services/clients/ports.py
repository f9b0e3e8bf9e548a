"""What services need of each other, as narrow as the use cases."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from argus.storage.v1.image_pb2 import Image

from services.clients.model import Embedded, ImageContent, Space


class QueryEmbedder(Protocol):
    """Turns queries into vectors, with the caller's own token and time.

    Raises `EmbedderUnavailable` if the embedder does not answer, and the
    embedder's own error for what it refuses.
    """

    async def space(self) -> Space:
        """The space of the model in use, as far as is known; also while the embedder is down."""

    async def embed_text(self, text: str) -> Embedded:
        """A text's vector."""

    async def embed_image(self, image: bytes) -> Embedded:
        """An encoded image's vector."""


class Catalog(Protocol):
    """The records of images, as the caller may see them."""

    async def images(self, image_ids: Sequence[str]) -> Mapping[str, Image]:
        """Those of the images that exist and are the caller's; at most 500 ids.

        Raises:
            StorageUnavailable: if storage does not answer.
        """


class Contents(Protocol):
    """Where images' bytes are, and the bytes."""

    async def resolve(
        self, image_ids: Sequence[str], *, inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        """Those of the images that exist; at most 500 ids.

        Args:
            image_ids: Which.
            inline_bytes: Most bytes of images that may come with the answer, if they are at hand.

        Raises:
            StorageUnavailable: if storage does not answer.
        """

    async def fetch(self, content: ImageContent) -> bytes:
        """An image's bytes, verified against its SHA-256.

        Raises:
            ContentsUnavailable: if the object store does not answer.
            ContentWrong: if it answers, but not with these bytes.
        """

    async def replay(self) -> int:
        """Has every kept image announced anew; how many there are.

        Raises:
            StorageUnavailable: if storage does not answer.
        """

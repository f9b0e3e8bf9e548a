"""Reading images (records, bytes, thumbnails) and deleting them."""

from collections.abc import AsyncGenerator, Callable, Sequence
from uuid import UUID

from services.runtime.filters import Filter
from services.storage.errors import ImageNotFound, ImageNotReady, ObjectStoreUnavailable
from services.storage.in_hand import InHand
from services.storage.model import Image, Page, PagePosition
from services.storage.object_keys import content_key, thumbnail_key
from services.storage.ports import Catalog, Clock, ObjectStore

CHUNK_BYTES = 128 * 1024


class Library:
    """A user's images.

    Args:
        catalog: Records.
        store: Objects.
        in_hand: Who works on which image.
        clock: What time it is.
        removed: Told when an image was removed, so that what follows starts at once.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: ObjectStore,
        *,
        in_hand: InHand,
        clock: Clock,
        removed: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._in_hand = in_hand
        self._clock = clock
        self._removed = removed

    async def get(self, user_id: UUID, image_id: UUID) -> Image:
        """Gets one image.

        Raises:
            ImageNotFound: There is no such image of this user.
        """
        found = await self._catalog.find(user_id, [image_id])
        if image_id not in found:
            raise ImageNotFound(f"there is no image {image_id}")
        return found[image_id]

    async def get_many(self, user_id: UUID, image_ids: Sequence[UUID]) -> list[Image]:
        """Gets images in the order asked for, each once; unknown ids are omitted."""
        found = await self._catalog.find(user_id, image_ids)
        return [found[image_id] for image_id in dict.fromkeys(image_ids) if image_id in found]

    async def page(
        self, user_id: UUID, where: Filter | None, after: PagePosition | None, size: int
    ) -> Page:
        """Gets one page of images, newest first."""
        images = await self._catalog.page(user_id, where, after, size + 1)
        if len(images) <= size:
            return Page(images, None)
        last = images[size - 1]
        return Page(images[:size], PagePosition(last.created_at, last.image_id))

    async def delete(self, user_id: UUID, image_id: UUID) -> None:
        """Removes an image; it is gone for every reader when this returns.

        Raises:
            ImageNotFound: There is no such image of this user.
            ImageInHand: It is being completed; try again.
        """
        if not await self._in_hand.alone(
            image_id, lambda: self._catalog.remove(user_id, image_id, self._clock())
        ):
            raise ImageNotFound(f"there is no image {image_id}")
        self._removed()

    async def content(self, user_id: UUID, image_id: UUID) -> AsyncGenerator[tuple[str, bytes]]:
        """Streams an image's media type and bytes, piece by piece.

        Raises:
            ImageNotFound: There is no such image of this user.
            ImageNotReady: Its upload is not complete.
            ObjectStoreUnavailable: The bytes cannot be had now.
        """
        image = await self._kept(user_id, image_id)
        async with self._store.open(content_key(user_id, image_id)) as content:
            if content is None:
                raise await self._lost(image)
            async for chunk in content.chunks(CHUNK_BYTES):
                yield image.content_type, chunk

    async def thumbnail(self, user_id: UUID, image_id: UUID) -> bytes:
        """Gets an image's thumbnail, a WebP. Raises as `content` does."""
        image = await self._kept(user_id, image_id)
        async with self._store.open(thumbnail_key(user_id, image_id)) as content:
            if content is None:
                raise await self._lost(image)
            return await content.read()

    async def _kept(self, user_id: UUID, image_id: UUID) -> Image:
        image = await self.get(user_id, image_id)
        if not image.kept:
            raise ImageNotReady(f"the upload of image {image_id} is not complete")
        return image

    async def _lost(self, image: Image) -> ObjectStoreUnavailable:
        """Why a kept image has no object.

        Raises:
            ImageNotFound: It was deleted since its record was read.
        """
        await self.get(image.user_id, image.image_id)
        return ObjectStoreUnavailable(
            f"the object store does not have the bytes of image {image.image_id}", retry_after_s=1
        )

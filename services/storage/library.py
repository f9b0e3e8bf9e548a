"""Reading images: records, counts, bytes and renditions."""

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from services.storage.budget import Budget
from services.storage.errors import ImageNotFound, ImageNotReady, ObjectStoreUnavailable
from services.storage.model import Image, LabelKey, Listing, Month, Page, PagePosition
from services.storage.object_keys import content_key
from services.storage.ports import Catalog, ObjectStore, Overview, Render
from services.storage.showing import THUMBNAIL_SIDE, held

CHUNK_BYTES = 128 * 1024


class Library:
    """A user's images.

    Args:
        catalog: Records.
        overview: Counts.
        store: Objects.
        render: Makes renditions that are not there.
        budget: Bytes that may be rendered at once.
    """

    def __init__(
        self,
        catalog: Catalog,
        overview: Overview,
        store: ObjectStore,
        *,
        render: Render,
        budget: Budget,
    ) -> None:
        self._catalog = catalog
        self._overview = overview
        self._store = store
        self._render = render
        self._budget = budget

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
        self, user_id: UUID, listing: Listing, after: PagePosition | None, size: int
    ) -> Page:
        """Gets one page of images."""
        images = await self._catalog.page(user_id, listing, after, size + 1)
        if len(images) <= size:
            return Page(images, None)
        last = images[size - 1]
        return Page(images[:size], listing.place_of(last))

    async def count(self, user_id: UUID, listing: Listing) -> int:
        """How many images a listing has."""
        return await self._overview.count(user_id, listing)

    async def months(self, user_id: UUID, listing: Listing, time_zone: str) -> list[Month]:
        """How many images a listing has by month, newest first.

        Raises:
            TimeZoneUnknown: There is no such time zone.
        """
        return await self._overview.months(user_id, listing, time_zone)

    async def labels(self, user_id: UUID, key: str, prefix: str, max_values: int) -> list[LabelKey]:
        """The labels of a user's images; see `Overview.labels`."""
        return await self._overview.labels(user_id, key, prefix, max_values)

    async def kept(self, user_id: UUID, image_id: UUID) -> Image:
        """Gets an image whose bytes can be read.

        Raises:
            ImageNotFound: There is no such image of this user.
            ImageNotReady: Its upload is not complete.
        """
        image = await self.get(user_id, image_id)
        if not image.kept:
            raise ImageNotReady(f"the upload of image {image_id} is not complete")
        return image

    async def content(
        self, image: Image, *, offset: int = 0, length: int = 0
    ) -> AsyncGenerator[bytes]:
        """Streams a kept image's bytes, piece by piece.

        Args:
            image: Which.
            offset: The first byte.
            length: How many; 0: all that follow.

        Raises:
            ImageNotFound: It was deleted since.
            ObjectStoreUnavailable: The bytes cannot be had now.
        """
        key = content_key(image.user_id, image.image_id)
        async with self._store.open(key, offset=offset, length=length) as content:
            if content is None:
                raise await self._lost(image)
            async for chunk in content.chunks(CHUNK_BYTES):
                yield chunk

    async def rendition(self, image: Image, side: int) -> bytes:
        """Gets a WebP of a kept image that fits in a square of `side` pixels.

        One that has not been made is made now. Raises as `content` does.
        """
        key = held(image, side)
        if key is not None:
            async with self._store.open(key) as content:
                if content is not None:
                    return await content.read()
            if side == THUMBNAIL_SIDE:
                raise await self._lost(image)
        async with (
            self._budget.take(image.size_bytes, image.user_id),
            self._store.open(content_key(image.user_id, image.image_id)) as content,
        ):
            if content is None:
                raise await self._lost(image)
            size = (image.width, image.height)
            rendered = await self._render(await content.read(), size, [side])
        return rendered.renditions[side]

    async def _lost(self, image: Image) -> ObjectStoreUnavailable:
        """Why a kept image has no object.

        Raises:
            ImageNotFound: It was deleted since its record was read.
        """
        await self.get(image.user_id, image.image_id)
        return ObjectStoreUnavailable(
            f"the object store does not have the bytes of image {image.image_id}", retry_after_s=1
        )

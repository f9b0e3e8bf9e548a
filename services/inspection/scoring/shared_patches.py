"""Patch features that several views of one picture share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from services.inspection.model import PatchGrid, View
from services.inspection.ports import PatchExtractor

Looks = dict[tuple[bytes, str, int, View | None], "asyncio.Task[PatchGrid]"]


class SharedPatches:
    """`PatchExtractor` that looks at a picture once for all that ask for it within `shared()`.

    Args:
        patches: Takes features.
    """

    def __init__(self, patches: PatchExtractor) -> None:
        self._patches = patches
        self._looks: ContextVar[Looks | None] = ContextVar("looks", default=None)

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """While this is open, what is asked for again, here and in tasks begun here, is shared."""
        looks: Looks = {}
        token = self._looks.set(looks)
        try:
            yield
        finally:
            self._looks.reset(token)
            for one in looks.values():
                one.cancel()
            await asyncio.gather(*looks.values(), return_exceptions=True)

    async def patches(
        self,
        image: bytes,
        *,
        model: str,
        size: int,
        interactive: bool,
        view: View | None = None,
    ) -> PatchGrid:
        """An encoded image's patch features; what fails, fails for all who share it."""
        looks = self._looks.get()
        if looks is None or not interactive:
            return await self._patches.patches(
                image, model=model, size=size, interactive=interactive, view=view
            )
        key = (image, model, size, view)
        if key not in looks:
            looks[key] = asyncio.create_task(
                self._patches.patches(image, model=model, size=size, interactive=True, view=view)
            )
        return await asyncio.shield(looks[key])

"""Puts many files into a mesh, as the client for programs does."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from argus_client.batch import Outcome, Report
from argus_client.description import Description
from mesh.client.connection import Connection
from mesh.client.names import printable

__all__ = ["Importer", "Outcome", "Report"]


class Importer:
    """Imports files for the signed-in user.

    One file can neither end an import nor keep another from being imported.

    Args:
        connection: To the mesh.
        labels: Given to every image.
        describe: What each file's image is to have beside that, if it is new.
        jobs: Files under way at once.
        progress: Told of each file's outcome, and with None of each image that
            became searchable.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        labels: Mapping[str, str],
        jobs: int,
        progress: Callable[[Outcome | None], None],
        describe: Callable[[Path], Description] = lambda _: Description(),
    ) -> None:
        self._client = connection.client
        self._labels = labels
        self._jobs = jobs
        self._progress = progress
        self._describe = describe

    async def run(self, files: Sequence[Path], *, wait: bool = True) -> Report:
        """Imports the files; with `wait`, until search finds them.

        Raises:
            CallFailed: Nobody is signed in any more.
            MeshError: Nobody is signed in, or the mesh's certificate is wrong.
        """
        return await self._client.upload_files(
            files,
            labels=self._labels,
            jobs=self._jobs,
            wait=wait,
            progress=self._progress,
            named=lambda file: printable(file.name),
            describe=self._describe,
        )

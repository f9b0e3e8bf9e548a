"""Removing all that inspection has of a user whose account was deleted."""

from collections.abc import Mapping
from typing import Protocol

from services.runtime.deleted_accounts import DeletedAccount


class UserRecords(Protocol):
    """All records of a user."""

    async def erase(self, user_id: str, deletion_id: str, *, email: str) -> None:
        """Removes them; again is no error, and goes on where it ended.

        Invitations to `email` go as well, unless it is empty.

        Sets go with versions, jobs, shares and all inspections that others made with them;
        inspections that the user made with others' sets go with all that was said of them.
        """

    async def removed(self, deletion_id: str) -> Mapping[str, int]:
        """How much was removed for a deletion, in all."""


class DueArtifacts(Protocol):
    """Artifacts that no version needs any more."""

    async def remove_artifacts(self) -> None:
        """Removes those that are due."""


class AccountErasure:
    """Removes a user's records, and the artifacts of their sets from the object store.

    Args:
        records: Of users.
        artifacts: That became due.
    """

    def __init__(self, records: UserRecords, artifacts: DueArtifacts) -> None:
        self._records = records
        self._artifacts = artifacts

    async def erase(self, account: DeletedAccount) -> Mapping[str, int]:
        """Removes all that there is; how much was, in all.

        Raises:
            StorageUnavailable, DatabaseUnavailable: They do not answer.
        """
        # Later the address may be somebody else's.
        email = account.email if account.look == 1 else ""
        await self._records.erase(account.user_id, account.deletion_id, email=email)
        await self._artifacts.remove_artifacts()
        return await self._records.removed(account.deletion_id)

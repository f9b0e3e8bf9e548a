"""Groups of a user, for lists that go on without auth."""

import logging

from services.inspection.ports import Memberships
from services.runtime.errors import Unavailable

_log = logging.getLogger(__name__)


async def known_groups(memberships: Memberships, user_id: str) -> list[str]:
    """The groups that a user is in; none if auth does not answer.

    A list without what is shared through groups is worth more than none.
    """
    try:
        return sorted(await memberships.groups_of(user_id))
    except Unavailable as error:
        _log.warning("listed without what is shared through groups: %s", error.message)
        return []

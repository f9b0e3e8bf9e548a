"""How the images in scope spread over labels' values and over months."""

from collections.abc import Sequence

from services.clients.model import Space
from services.search.index.conditions import LABEL_PAIRS, MONTH
from services.search.model import Facet, Scope
from services.search.ports import VectorIndex

MOST_VALUES = 50
"""Values of one label."""

MOST_MONTHS = 240

MOST_PAIRS = 10_000
"""Different pairs of label and value that are counted; of more, those that most images have."""


async def count_facets(
    index: VectorIndex, space: Space, scope: Scope, label_keys: Sequence[str], *, months: bool
) -> list[Facet]:
    """Facets of the labels in the order asked for, each once, then of months.

    Values that most images have come first, equals in their order; months newest first.
    """
    facets: list[Facet] = []
    if label_keys:
        # One more than can be, so that it shows whether something was left out.
        pairs = await index.values(space, LABEL_PAIRS, scope, limit=MOST_PAIRS + 1)
        all_there = len(pairs) <= MOST_PAIRS
        for key in dict.fromkeys(label_keys):
            prefix = f"{key}="
            found = sorted(
                (
                    (pair.removeprefix(prefix), count)
                    for pair, count in pairs.items()
                    if pair.startswith(prefix) and count
                ),
                key=lambda value: (-value[1], value[0]),
            )
            more = len(found) > MOST_VALUES or not all_there
            facets.append(Facet(key, found[:MOST_VALUES], more))
    if months:
        counted = await index.values(space, MONTH, scope, limit=MOST_MONTHS + 1)
        found = sorted(((month, count) for month, count in counted.items() if count), reverse=True)
        facets.append(Facet("", found[:MOST_MONTHS], len(found) > MOST_MONTHS))
    return facets

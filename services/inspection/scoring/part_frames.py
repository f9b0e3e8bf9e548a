"""Which frame of a part shows which of its views."""

from collections.abc import Sequence

from services.inspection.errors import ViewNamedTwice, ViewNotFound

NOT_SHOWN = -1


def frames_of_views(views: Sequence[str], named: Sequence[Sequence[str]]) -> list[int]:
    """The place of the frame that shows each view; `NOT_SHOWN` if none does.

    Args:
        views: Ids, each once.
        named: Ids of the views that each frame shows. One frame may name none: it shows all that no
            other frame names, which may be nothing.

    Raises:
        ViewNotFound: a frame names something else.
        ViewNamedTwice: a view is named twice, or more than one frame names none.
    """
    shown: dict[str, int] = {}
    rest = NOT_SHOWN
    for place, ids in enumerate(named):
        field = f"frames[{place}].reference_set_ids"
        if not ids:
            if rest != NOT_SHOWN:
                raise ViewNamedTwice(
                    f"frames {rest} and {place} name no views; at most one frame shows all that no "
                    "other names",
                    field=field,
                )
            rest = place
        for one in ids:
            if one not in views:
                raise ViewNotFound(f"the set has no view {one}", field=field)
            if one in shown:
                raise ViewNamedTwice(f"view {one} is named twice", field=field)
            shown[one] = place
    return [shown.get(view, rest) for view in views]

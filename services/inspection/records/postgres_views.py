"""Views of a reference set, as PostgreSQL tells of them with the set."""

from typing import Any

from services.inspection.job import JobState
from services.inspection.records.rows import polygons_of
from services.inspection.reference_set import SetView

VIEWS = (
    "(SELECT jsonb_agg(jsonb_build_object('set_id', w.id, 'display_name', w.display_name, "
    "'current_version', w.current_version, 'image_count', w.image_count, "
    "'regions', wv.settings->'regions_of_interest', 'target', wv.threshold->'target', "
    "'last_calibration', (SELECT j.state FROM inspection.jobs j WHERE j.set_id = w.id "
    "AND j.kind = 'CALIBRATION' ORDER BY j.created_at DESC, j.id DESC LIMIT 1)) "
    "ORDER BY w.created_at, w.id) FROM inspection.reference_sets w "
    "LEFT JOIN inspection.versions wv ON wv.set_id = w.id AND wv.version = w.current_version "
    "WHERE w.view_of = s.id)"
)
"""The views of a set `s`, oldest first; NULL if it has none."""


def view_of_json(json: dict[str, Any]) -> SetView:
    """A view from what `VIEWS` selects."""
    last = json["last_calibration"]
    return SetView(
        set_id=json["set_id"],
        display_name=json["display_name"],
        current_version=json["current_version"],
        image_count=json["image_count"],
        last_calibration=None if last is None else JobState(last),
        regions_of_interest=polygons_of(json["regions"]),
        target=json["target"] or 0.0,
    )

"""What inspection measures."""

from collections.abc import Sequence

from services.inspection.model import Drift, InspectionRecord
from services.runtime import telemetry_contract as contract
from services.runtime.declared import Attribute, Attributes
from services.runtime.instruments import Observed, counter, histogram, observe

inspections = counter(contract.INSPECTED_IMAGES)
inspected_parts = counter(contract.INSPECTED_PARTS)
stage_s = histogram(contract.INSPECTION_STAGE_DURATION)
frames_dropped = counter(contract.FRAMES_DROPPED)
frame_wait_s = histogram(contract.FRAME_WAIT)
results = counter(contract.RESULTS_SENT)
loads = counter(contract.VERSION_LOADS)
loaded_bytes = counter(contract.VERSION_MEMORY)
jobs = counter(contract.JOBS)
feedback = counter(contract.FEEDBACK)


def outcome_of(record: InspectionRecord) -> Attributes:
    """What an inspection counts as."""
    attributes: dict[Attribute, str] = {contract.OUTCOME: record.verdict.lower()}
    if record.frame_problems:
        attributes[contract.FRAME_PROBLEM] = record.frame_problems[0].reason
    return attributes


class Drifts:
    """The drift of each set that is in use.

    Attributes:
        now: As it was last measured.
    """

    def __init__(self) -> None:
        self.now: Sequence[Drift] = ()

    def distances(self) -> Observed:
        """How far scores are from the calibration's."""
        return [(one.distance, {contract.REFERENCE_SET: one.set_id}) for one in self.now]

    def warnings(self) -> Observed:
        """Whether that is a drift."""
        return [(int(one.warning), {contract.REFERENCE_SET: one.set_id}) for one in self.now]


drifts = Drifts()
observe(contract.DRIFT_DISTANCE, drifts.distances)
observe(contract.DRIFT_WARNING, drifts.warnings)

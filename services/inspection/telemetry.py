"""What inspection tells of its work: metrics, by the OpenTelemetry API."""

from opentelemetry import metrics

_meter = metrics.get_meter("argus.search")

inspections = _meter.create_counter(
    "argus.inspection.images",
    description="Images inspected; `outcome` is normal, anomalous or the reason of a failure",
)
stage_s = _meter.create_histogram(
    "argus.inspection.stage.duration",
    unit="s",
    description="Time of an inspection's stages; `stage` is fetch, features, score or draw",
)
loads = _meter.create_counter(
    "argus.inspection.versions.loads",
    description="Versions that were fetched from the object store",
)
loaded_bytes = _meter.create_up_down_counter(
    "argus.inspection.versions.memory",
    unit="By",
    description="Memory that loaded versions take",
)
drift_distance = _meter.create_gauge(
    "argus.inspection.drift.distance",
    description="Kolmogorov-Smirnov distance of recent scores from the calibration's, by set",
)
drift_warning = _meter.create_gauge(
    "argus.inspection.drift.warning",
    description="1 if recent scores have drifted from the calibration's, by set",
)
jobs = _meter.create_counter(
    "argus.inspection.jobs",
    description="Jobs done by `kind`; `outcome` is succeeded, let_go or the reason of a failure",
)

"""Images and texts to vectors of one space."""

import sys

# Importing OpenVINO reports its use over the network unless its telemetry package is missing.
# What people put into Argus is nobody's business, so for this process it is.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # how Python says "cannot be imported"

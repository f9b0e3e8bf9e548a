"""Inspects images with an exported version where there is no mesh.

`open_file` gives an `OfflineInspector`; `python -m argus_offline` is the
command. Scores are made by the code that makes them in the mesh, over what is
in the file; nothing is asked of a network.
"""

from argus_offline.inspector import OfflineInspector, open_file
from services.inspection.offline.errors import OfflineFileWrong

__all__ = ["OfflineFileWrong", "OfflineInspector", "open_file"]

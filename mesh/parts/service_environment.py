"""What each service gets of the environment: its own settings, and what its libraries read.

So a secret reaches the services that have a setting for it, and no others.
"""

import os
from collections.abc import Mapping

from services.auth.settings import AuthSettings
from services.embedder.settings import EmbedderSettings
from services.inspection.settings import InspectionSettings
from services.runtime.settings import RuntimeSettings, variables
from services.search.settings import SearchSettings
from services.storage.settings import StorageSettings

_SETTINGS: Mapping[str, type[RuntimeSettings]] = {
    "auth": AuthSettings,
    "storage": StorageSettings,
    "embedder": EmbedderSettings,
    "search": SearchSettings,
    "inspection": InspectionSettings,
}

_LIBRARIES = (
    # Python, and how it reaches what runs elsewhere: a collector, a store, a hub.
    "PYTHON*", "VIRTUAL_ENV", "OTEL_*", "GRPC_*",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "grpc_proxy", "no_grpc_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    # Arithmetic and memory.
    "OMP_*", "MKL_*", "OPENBLAS_*", "KMP_*", "MALLOC_*",
)  # fmt: skip
_DATABASE = ("PG*",)
_MODELS = ("HF_*", "HUGGING_FACE_*", "HUGGINGFACE_*", "TRANSFORMERS_*", "TORCH_*", "XDG_*", "OV_*")

INHERITED: Mapping[str, tuple[str, ...]] = {
    "auth": (*_LIBRARIES, *_DATABASE),
    "storage": (*_LIBRARIES, *_DATABASE),
    "embedder": (*_LIBRARIES, *_MODELS),
    "search": (*_LIBRARIES, *_DATABASE),
    "inspection": (*_LIBRARIES, *_DATABASE),
}
"""Names, or patterns of names, that libraries of a service read, by the service's name."""


def own_settings(service: str, offered: Mapping[str, str]) -> dict[str, str]:
    """The variables that are settings of a service.

    Args:
        service: Its name.
        offered: Variables that the mesh sets, of all services. Others are taken as whoever starts
            the mesh has set them.
    """
    known = {**os.environ, **offered}
    return {name: known[name] for name in variables(_SETTINGS[service]) if name in known}

"""A client of Argus: signed-in calls over the contract's own stubs.

`connect` opens a `Client`, `argus_client.sync.connect` one for programs without asyncio;
`docs/clients.md` shows what people do with them.
"""

from argus_client.batch import Outcome, Report
from argus_client.client import Client, connect
from argus_client.description import Description
from argus_client.errors import CallFailed, ClientError, StoreFailed, Untrusted
from argus_client.items import ItemStream
from argus_client.reading import FileProblem
from argus_client.tokens import ApiKey, Password
from argus_client.uploads import Uploaded
from argus_client.version import VERSION

__all__ = [
    "ApiKey", "CallFailed", "Client", "ClientError", "Description", "FileProblem", "ItemStream",
    "Outcome", "Password", "Report", "StoreFailed", "Untrusted", "Uploaded", "connect",
]  # fmt: skip
__version__ = VERSION

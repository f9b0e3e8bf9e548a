"""What the clients of other services measure."""

from services.runtime.instruments import counter
from services.runtime.telemetry_contract import CLIENT_RETRIES

retries = counter(CLIENT_RETRIES)

"""`argus.installation.v1.InstallationService`."""

from typing import Any

import grpc
from argus.installation.v1 import installation_pb2, installation_pb2_grpc

from services.installation.description import Description
from services.installation.observation import Observation
from services.installation.translate import status_message
from services.runtime.identity import require_user

Context = grpc.aio.ServicerContext[Any, Any]


class InstallationServicer(installation_pb2_grpc.InstallationServiceServicer):
    """Asks, translates."""

    def __init__(self, description: Description, observation: Observation) -> None:
        self._description = description
        self._observation = observation

    async def GetInstallation(
        self, request: installation_pb2.GetInstallationRequest, context: Context
    ) -> installation_pb2.Installation:
        """Gets what changes only when Argus is configured anew or a model is installed."""
        require_user()
        return await self._description.describe()

    async def GetStatus(
        self, request: installation_pb2.GetStatusRequest, context: Context
    ) -> installation_pb2.InstallationStatus:
        """Gets how the parts are now."""
        require_user()
        return status_message(await self._observation.report())

"""RPC methods about which images show the same part: translate, call, translate."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.parts import part_rule_from, proposal_message
from services.inspection.messages.sets import set_message
from services.inspection.messages.values import canonical
from services.inspection.part_desk import SHOWN_IMAGES, PartDesk
from services.inspection.ports import Previews
from services.runtime.identity import require_user


class PartMethods:
    """Some of the RPC methods; the contract documents them."""

    _parts: PartDesk
    _previews: Previews

    async def SetPartRule(self, request: pb.SetPartRuleRequest, context: object) -> pb.ReferenceSet:
        return set_message(
            await self._parts.set_rule(
                canonical(request.reference_set_id),
                require_user().user_id,
                part_rule_from(request.rule),
            )
        )

    async def ProposeParts(
        self, request: pb.ProposePartsRequest, context: object
    ) -> pb.PartProposal:
        proposal = await self._parts.propose(
            canonical(request.reference_set_id),
            require_user().user_id,
            part_rule_from(request.rule) if request.HasField("rule") else None,
        )
        some = (one for group in proposal.groups for one in group.image_ids[:SHOWN_IMAGES])
        return proposal_message(proposal, await self._previews.of(some) or {})

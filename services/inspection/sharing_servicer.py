"""RPC methods about who sees a set: translate, call, translate."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.sets import invitation_message, role_from, set_message
from services.inspection.messages.values import canonical, canonical_all
from services.inspection.sharing import Sharing, Whom
from services.runtime.identity import require_user


class SharingMethods:
    """Some of the RPC methods; the contract documents them."""

    _sharing: Sharing

    async def ShareReferenceSet(
        self, request: pb.ShareReferenceSetRequest, context: object
    ) -> pb.ReferenceSet:
        return set_message(
            await self._sharing.share(
                canonical(request.reference_set_id),
                require_user().user_id,
                _whom(request),
                role_from(request.role),
            )
        )

    async def UnshareReferenceSet(
        self, request: pb.UnshareReferenceSetRequest, context: object
    ) -> pb.ReferenceSet:
        set_id = canonical(request.reference_set_id)
        return set_message(
            await self._sharing.unshare(set_id, require_user().user_id, _whom(request))
        )

    async def ListShareInvitations(
        self, request: pb.ListShareInvitationsRequest, context: object
    ) -> pb.ListShareInvitationsResponse:
        found = await self._sharing.invitations(require_user().user_id)
        return pb.ListShareInvitationsResponse(
            invitations=[invitation_message(one) for one in found]
        )

    async def AcceptShareInvitation(
        self, request: pb.AcceptShareInvitationRequest, context: object
    ) -> pb.ReferenceSet:
        invitation_id = canonical(request.invitation_id)
        return set_message(await self._sharing.accept(invitation_id, require_user().user_id))

    async def DeclineShareInvitation(
        self, request: pb.DeclineShareInvitationRequest, context: object
    ) -> pb.DeclineShareInvitationResponse:
        await self._sharing.decline(canonical(request.invitation_id), require_user().user_id)
        return pb.DeclineShareInvitationResponse()

    async def LeaveReferenceSet(
        self, request: pb.LeaveReferenceSetRequest, context: object
    ) -> pb.LeaveReferenceSetResponse:
        await self._sharing.leave(canonical(request.reference_set_id), require_user().user_id)
        return pb.LeaveReferenceSetResponse()


def _whom(request: pb.ShareReferenceSetRequest | pb.UnshareReferenceSetRequest) -> Whom:
    return Whom(
        list(dict.fromkeys(canonical_all(request.user_ids))),
        list(dict.fromkeys(email.strip().lower() for email in request.emails)),
        list(dict.fromkeys(canonical_all(request.group_ids))),
    )

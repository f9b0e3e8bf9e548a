"""RPC methods about feedback, the review queue and statistics: translate, call, translate."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.feedback import (
    feedback_message,
    review_message,
    said_from,
    stats_message,
)
from services.inspection.messages.pages import (
    snapshot_page_position,
    snapshot_page_token,
    time_page_position,
    time_page_token,
)
from services.inspection.messages.values import canonical, canonical_all, time_message
from services.inspection.ports import Previews
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.review.judging import Judging
from services.inspection.review.review_desk import ReviewDesk
from services.runtime.identity import require_user

DEFAULT_FEEDBACK = 100
DEFAULT_QUEUE = 20
DEFAULT_CLAIMED = 5


class ReviewMethods:
    """Some of the RPC methods; the contract documents them."""

    _library: ReferenceLibrary
    _judging: Judging
    _desk: ReviewDesk
    _previews: Previews

    async def SubmitFeedback(
        self, request: pb.SubmitFeedbackRequest, context: object
    ) -> pb.Feedback:
        said = said_from(request, require_user().user_id)
        return feedback_message(await self._judging.submit(said), {})

    async def DeleteFeedback(
        self, request: pb.DeleteFeedbackRequest, context: object
    ) -> pb.DeleteFeedbackResponse:
        feedback_id = canonical(request.feedback_id)
        await self._judging.take_back(feedback_id, require_user().user_id)
        return pb.DeleteFeedbackResponse()

    async def ListFeedback(
        self, request: pb.ListFeedbackRequest, context: object
    ) -> pb.ListFeedbackResponse:
        user_id, size = require_user().user_id, request.page_size or DEFAULT_FEEDBACK
        set_id, image_id = canonical(request.reference_set_id), canonical(request.image_id)
        query = (user_id, "feedback", set_id, image_id)
        found = await self._judging.page(
            user_id,
            set_id=set_id,
            image_id=image_id,
            before=time_page_position(request.page_token, *query),
            limit=size + 1,
        )
        own = [one.image_id for one in found[:size] if one.image_user_id == user_id]
        shown = await self._previews.of(own) or {}
        last = found[size - 1] if len(found) > size else None
        return pb.ListFeedbackResponse(
            feedback=[feedback_message(one, shown) for one in found[:size]],
            next_page_token=time_page_token(
                (last.created_at, last.feedback_id) if last else None, *query
            ),
        )

    async def ListReviewQueue(
        self, request: pb.ListReviewQueueRequest, context: object
    ) -> pb.ListReviewQueueResponse:
        user_id, set_id = require_user().user_id, canonical(request.reference_set_id)
        query = (user_id, "queue", set_id)
        at, skip = snapshot_page_position(request.page_token, *query)
        page = await self._desk.page(
            user_id, set_id, at=at, skip=skip, limit=request.page_size or DEFAULT_QUEUE
        )
        return pb.ListReviewQueueResponse(
            items=[review_message(item) for item in page.items],
            next_page_token=snapshot_page_token(page.at, page.next_skip, *query),
        )

    async def SkipReviewItem(
        self, request: pb.SkipReviewItemRequest, context: object
    ) -> pb.SkipReviewItemResponse:
        inspection_id = canonical(request.inspection_id)
        await self._desk.skip(inspection_id, require_user().user_id)
        return pb.SkipReviewItemResponse()

    async def UnskipReviewItem(
        self, request: pb.UnskipReviewItemRequest, context: object
    ) -> pb.UnskipReviewItemResponse:
        inspection_id = canonical(request.inspection_id)
        await self._desk.unskip(inspection_id, require_user().user_id)
        return pb.UnskipReviewItemResponse()

    async def ClaimReviewItems(
        self, request: pb.ClaimReviewItemsRequest, context: object
    ) -> pb.ClaimReviewItemsResponse:
        claimed = await self._desk.claim(
            require_user().user_id,
            canonical(request.reference_set_id),
            limit=request.limit or DEFAULT_CLAIMED,
            request_id=request.request_id,
        )
        return pb.ClaimReviewItemsResponse(
            claim_id=claimed.claim_id,
            items=[review_message(item) for item in claimed.items],
            expire_time=time_message(claimed.expires_at) if claimed.claim_id else None,
        )

    async def ReleaseReviewItems(
        self, request: pb.ReleaseReviewItemsRequest, context: object
    ) -> pb.ReleaseReviewItemsResponse:
        await self._desk.release(
            canonical(request.claim_id),
            require_user().user_id,
            canonical_all(request.inspection_ids),
        )
        return pb.ReleaseReviewItemsResponse()

    async def GetStats(self, request: pb.GetStatsRequest, context: object) -> pb.GetStatsResponse:
        user_id, set_id = require_user().user_id, canonical(request.reference_set_id)
        if set_id:
            await self._library.get(set_id, user_id)
        return stats_message(await self._judging.stats(user_id, set_id, request.version))

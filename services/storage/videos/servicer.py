"""VideoService: translate, call, translate."""

from typing import Any
from uuid import UUID

import grpc
from argus.storage.v1 import video_pb2, video_pb2_grpc

from services.runtime.identity import require_user
from services.storage.ports import Links
from services.storage.translate import presigned_message
from services.storage.videos.library import VideoLibrary
from services.storage.videos.model import Video
from services.storage.videos.translate import (
    video_message,
    video_page_place,
    video_page_token,
    video_request,
)

Context = grpc.aio.ServicerContext[Any, Any]

DEFAULT_PAGE_SIZE = 50


class VideoServicer(video_pb2_grpc.VideoServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(self, library: VideoLibrary, links: Links) -> None:
        self._library = library
        self._links = links

    async def CreateVideoUpload(
        self, request: video_pb2.CreateVideoUploadRequest, context: Context
    ) -> video_pb2.CreateVideoUploadResponse:
        video, put = await self._library.create(_caller(), video_request(request))
        response = video_pb2.CreateVideoUploadResponse(video=self._message(video))
        if put is not None:
            response.upload.CopyFrom(presigned_message(put, video.content_type))
        return response

    async def ImportVideo(
        self, request: video_pb2.ImportVideoRequest, context: Context
    ) -> video_pb2.Video:
        return self._message(await self._library.start_import(_caller(), UUID(request.video_id)))

    async def GetVideo(
        self, request: video_pb2.GetVideoRequest, context: Context
    ) -> video_pb2.Video:
        return self._message(await self._library.get(_caller(), UUID(request.video_id)))

    async def ListVideos(
        self, request: video_pb2.ListVideosRequest, context: Context
    ) -> video_pb2.ListVideosResponse:
        user_id = _caller()
        after = video_page_place(request.page_token, user_id)
        page = await self._library.page(user_id, after, request.page_size or DEFAULT_PAGE_SIZE)
        return video_pb2.ListVideosResponse(
            videos=[self._message(video) for video in page.videos],
            next_page_token=video_page_token(page.next, user_id),
        )

    async def DeleteVideo(
        self, request: video_pb2.DeleteVideoRequest, context: Context
    ) -> video_pb2.DeleteVideoResponse:
        await self._library.delete(_caller(), UUID(request.video_id))
        return video_pb2.DeleteVideoResponse()

    def _message(self, video: Video) -> video_pb2.Video:
        return video_message(video, self._links)


def _caller() -> UUID:
    return UUID(require_user().user_id)

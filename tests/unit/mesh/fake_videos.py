"""Videos, answered from a list: what was put becomes what a test says."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import grpc
from argus.storage.v1 import image_pb2, video_pb2, video_pb2_grpc

from tests.support.fake_store import FakeStore

State = video_pb2.Video.State


@dataclass
class FakeVideos(video_pb2_grpc.VideoServiceServicer):
    """Takes videos into a store, and imports each in two looks."""

    store: FakeStore | None = None
    videos: dict[str, video_pb2.Video] = field(default_factory=dict)
    reserved: list[video_pb2.CreateVideoUploadRequest] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    becomes: video_pb2.Video = field(
        default_factory=lambda: video_pb2.Video(
            state=State.READY, shot_count=3, key_frame_count=3, width=160, height=96, codec="vp8"
        )
    )
    """What an import comes to."""

    def CreateVideoUpload(self, request: Any, context: Any) -> video_pb2.CreateVideoUploadResponse:
        self.reserved.append(request)
        for video in self.videos.values():
            is_there = video.state not in {State.PENDING, State.FAILED}
            if video.sha256 == request.sha256 and request.skip_existing and is_there:
                return video_pb2.CreateVideoUploadResponse(video=video)
        video = video_pb2.Video(
            video_id=str(uuid4()), filename=request.filename, size_bytes=request.size_bytes,
            sha256=request.sha256, state=State.PENDING,
        )  # fmt: skip
        self.videos[video.video_id] = video
        assert self.store
        upload = image_pb2.PresignedRequest(
            url=f"{self.store.url}/{video.video_id}",
            method="PUT",
            headers={"content-type": request.content_type},
        )
        return video_pb2.CreateVideoUploadResponse(video=video, upload=upload)

    def ImportVideo(self, request: Any, context: Any) -> video_pb2.Video:
        video = self._video(request.video_id, context)
        assert self.store
        assert len(self.store.objects[f"/{video.video_id}"]) == video.size_bytes
        video.state = State.IMPORTING
        return video

    def GetVideo(self, request: Any, context: Any) -> video_pb2.Video:
        video = self._video(request.video_id, context)
        if video.state == State.IMPORTING:
            video.MergeFrom(self.becomes)
            if video.state == State.READY:
                video.duration.FromMilliseconds(3_700)
        return video

    def ListVideos(self, request: Any, context: Any) -> video_pb2.ListVideosResponse:
        found = list(self.videos.values())
        start = int(request.page_token or 0)
        end = start + request.page_size
        return video_pb2.ListVideosResponse(
            videos=found[start:end], next_page_token=str(end) if end < len(found) else ""
        )

    def DeleteVideo(self, request: Any, context: Any) -> video_pb2.DeleteVideoResponse:
        del self.videos[self._video(request.video_id, context).video_id]
        self.deleted.append(request.video_id)
        return video_pb2.DeleteVideoResponse()

    def _video(self, video_id: str, context: Any) -> video_pb2.Video:
        if video_id not in self.videos:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no video {video_id}")
        return self.videos[video_id]

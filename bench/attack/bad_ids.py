"""Requests full of what is no id."""

from argus.storage.v1 import image_pb2

BAD_ID = "\x1b[31mß" * 5
AS_MANY_AS_ALLOWED = image_pb2.BatchGetImagesRequest(image_ids=[BAD_ID] * 500)
FAR_MORE = image_pb2.BatchGetImagesRequest(image_ids=["x"] * 5000)
LABELS = image_pb2.BatchUpdateLabelsRequest(
    image_ids=[BAD_ID] * 500, set={f"{BAD_ID}{number}": BAD_ID for number in range(64)}
)

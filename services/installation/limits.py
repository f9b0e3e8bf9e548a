"""What requests may have: as the contract says, and as the services are configured."""

from typing import Any

from argus.inspection.v1 import inspection_pb2
from argus.installation.v1 import installation_pb2
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from argus.storage.v1.ingest_pb2 import GetLimitsResponse
from buf.validate import validate_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.installation.model import InspectionFacts

MOST_MATCHES = 10_000
"""Of a query in all pages; search's own number."""
MOST_ON_MAP = 100_000
"""Images on a map; search's own number."""
DAY_S = 24 * 3600


def limits_of(storage: GetLimitsResponse, inspection: InspectionFacts) -> installation_pb2.Limits:
    """All limits of an installation."""
    return installation_pb2.Limits(
        images=installation_pb2.ImageLimits(
            max_bytes=storage.max_image_bytes,
            max_pixels=storage.max_pixels,
            min_side=storage.min_side,
            content_types=storage.content_types,
            max_labels=storage.max_labels,
            max_label_key_length=storage.max_label_key_length,
            max_label_value_length=storage.max_label_value_length,
            max_filename_length=storage.max_filename_length,
            max_batch_images=storage.max_batch_images,
            max_batch_uploads=storage.max_batch_uploads,
            max_page_size=_rules(image_pb2.ListImagesRequest, "page_size").int32.lte,
            undelete_grace=storage.undelete_grace,
            upload_time=storage.upload_time,
            max_pending_uploads=storage.max_pending_uploads,
            max_user_images=storage.max_user_images,
            max_user_bytes=storage.max_user_bytes,
        ),
        search=installation_pb2.SearchLimits(
            max_image_bytes=_rules(search_pb2.SearchImagesRequest, "image").bytes.max_len,
            max_text_bytes=_rules(search_pb2.SearchImagesRequest, "text").string.max_bytes,
            max_page_size=_rules(search_pb2.SearchImagesRequest, "limit").int32.lte,
            max_matches=MOST_MATCHES,
            max_map_images=MOST_ON_MAP,
        ),
        inspection=installation_pb2.InspectionLimits(
            max_image_bytes=_rules(inspection_pb2.InspectRequest, "image").bytes.max_len,
            max_set_images=inspection.max_set_images,
            max_user_sets=inspection.max_sets,
            max_batch_images=_rules(
                inspection_pb2.AddReferenceImagesRequest, "image_ids"
            ).repeated.max_items,
            max_prompts=_rules(inspection_pb2.ZeroShot, "normal_texts").repeated.max_items,
            keep=Duration(seconds=inspection.keep_days * DAY_S),
        ),
    )


def _rules(message: type[Message], field: str) -> validate_pb2.FieldRules:
    """What the contract lets a field have."""
    extension: Any = validate_pb2.field  # protovalidate's stubs call it a plain field
    rules: validate_pb2.FieldRules = (
        message.DESCRIPTOR.fields_by_name[field].GetOptions().Extensions[extension]
    )
    return rules

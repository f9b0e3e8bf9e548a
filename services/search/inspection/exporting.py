"""The labelled images of a set, for other programs and for people."""

from enum import StrEnum

CHUNK_BYTES = 256 * 1024
RECORDS_AT_ONCE = 500
MOST_PICTURES = 200


class ExportFormat(StrEnum):
    """What labelled images are exported as."""

    COCO = "application/json"
    CSV = "text/csv; charset=utf-8"
    HTML = "text/html; charset=utf-8"

"""Metadata of AVIF files, which are items beside the picture (ISO/IEC 14496-12)."""

import re

# An item entry (section 8.11.6) of EXIF or XMP: version and flags, id, protection and the type
# that is overwritten.
_ITEM = re.compile(rb"(infe[\x02\x03]\0\0.(?:..|....)..)(?:Exif|mime)", re.DOTALL)


def without_metadata(data: bytes) -> bytes:
    """The file with its EXIF and XMP hidden from readers, who may stumble over them."""
    return _ITEM.sub(rb"\1skip", data)

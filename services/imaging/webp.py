"""The size in a WebP header, read before the decoder may allocate for it."""


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that the first chunk states (RFC 9649, section 2).

    Args:
        data: A WebP file, at least its first 30 bytes.

    Returns:
        The size, or None if the first chunk is none that begins a WebP file.
    """
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if chunk == b"VP8X":
        return (
            1 + int.from_bytes(body[4:7], "little"),
            1 + int.from_bytes(body[7:10], "little"),
        )
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        return (
            int.from_bytes(body[6:8], "little") & 0x3FFF,
            int.from_bytes(body[8:10], "little") & 0x3FFF,
        )
    return None

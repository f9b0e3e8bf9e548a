"""JPEG files that differ in bytes and not in pixels."""

START = b"\xff\xd8"
COMMENT = 0xFE
APPLICATION = range(0xE0, 0xF0)


def with_comment(jpeg: bytes, comment: bytes) -> bytes:
    """A JPEG with a comment segment (ITU-T T.81, B.2.4.5) behind its application segments.

    Args:
        jpeg: A JPEG file.
        comment: At most 65,533 bytes.

    Raises:
        ValueError: It is no JPEG, or the comment is too long.
    """
    if not jpeg.startswith(START):
        raise ValueError("not a JPEG file")
    if len(comment) > 0xFFFF - 2:
        raise ValueError("a comment has at most 65,533 bytes")
    at = len(START)
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1] in APPLICATION:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    segment = bytes((0xFF, COMMENT)) + (2 + len(comment)).to_bytes(2, "big") + comment
    return jpeg[:at] + segment + jpeg[at:]

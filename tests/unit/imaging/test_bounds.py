"""Files that promise more than they hold, or hold more than they should, stay harmless."""

import subprocess
import sys
import textwrap
import zlib

import imagecodecs
import numpy as np
import pytest

from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import ImageUnreadable, TooManyPixels
from services.runtime.errors import InvalidInput
from tests.support import pictures
from tests.unit.imaging import tiffs

LIMITS = ImageLimits()
ENCODERS = {"png": "png_encode", "webp": "webp_encode", "jpeg2000": "jpeg2k_encode"}

MEASURED = """
    import resource, sys
    from pathlib import Path
    from services.imaging.decode import ImageLimits, decode
    from services.runtime.errors import InvalidInput
    from tests.support import pictures

    def most() -> int:
        status = Path("/proc/self/status")
        if status.exists():  # what getrusage says there, a process has from its parent
            return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    decode(pictures.encoded(pictures.picture(), "PNG"), ImageLimits())
    data = Path(sys.argv[1]).read_bytes()
    before = most()
    try:
        decode(data, ImageLimits())
    except InvalidInput as error:
        print(error.reason)
    print(most() - before)
"""


def peak(data: bytes, folder: object, *, reason: str = "") -> int:
    """Bytes that decoding adds to the most that a process has taken.

    Args:
        data: What is decoded.
        folder: Where it is put for that process.
        reason: Why it is refused, if it is.
    """
    file = f"{folder}/image"
    with open(file, "wb") as out:  # noqa: PTH123 - a few lines above
        out.write(data)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEASURED), file],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    *reasons, taken = done.stdout.split()
    assert reasons == ([reason] if reason else [])
    return int(taken)


def bombs() -> dict[str, bytes]:
    text = zlib.compress(bytes(300_000_000), 9)
    png = pictures.encoded(pictures.picture(), "PNG")
    zeros = zlib.compress(bytes(200_000_000), 9)
    return {
        "text": png[:33] + pictures.chunk(b"zTXt", b"a\0\0" + text) + png[33:],
        "profile": png[:33] + pictures.chunk(b"iCCP", b"a\0\0" + text) + png[33:],
        "strip": tiffs.tiff(tiffs.picture(64, 64, zeros, bits=16, compression=8)),
        "strip-8": tiffs.tiff(tiffs.picture(64, 64, zeros, compression=8)),
        "lzw": tiffs.tiff(
            tiffs.picture(
                64, 64, bytes(imagecodecs.lzw_encode(bytes(200_000_000))), bits=16, compression=5
            )
        ),
    }


@pytest.mark.parametrize("name", ["text", "profile", "strip", "strip-8", "lzw"])
def test_what_inflates_without_end_takes_no_memory(name: str, tmp_path: object) -> None:
    reason = "IMAGE_UNREADABLE" if name == "strip" else ""
    assert peak(bombs()[name], tmp_path, reason=reason) < 100_000_000


def test_the_largest_picture_of_16_bits_fits_in_memory(tmp_path: object) -> None:
    rows = zlib.compressobj(1)
    strip = b"".join(rows.compress(bytes(8000 * 6)) for _ in range(1000)) + rows.flush()
    # The first strip of the file, eight times.
    first = tiffs.picture(8, 8, strip, t254=1)
    tags = tiffs.picture(8000, 8000, b"", bits=16, samples=3, photometric=2, compression=8).tags
    pieces = {273: (tiffs.LONG, [8] * 8), 279: (tiffs.LONG, [len(strip)] * 8)}
    whole = tiffs.Directory({**tags, **pieces, 278: (tiffs.LONG, [1000])})
    assert peak(tiffs.tiff(first, whole), tmp_path) < 800_000_000


@pytest.mark.parametrize(
    "directory",
    [
        tiffs.picture(60_000, 60_000, b"x" * 100, bits=16),
        tiffs.picture(60_000, 60_000, b"x" * 100),
        tiffs.picture(10, 10, b"x" * 100, t322=60_000, t323=60_000, t324=8, t325=100),
        tiffs.picture(10, 10, b"x" * 100, bits=64, t339=3, t322=9000, t323=9000, t324=8, t325=9),
    ],
)
def test_what_would_take_too_much_memory_is_refused_before(directory: tiffs.Directory) -> None:
    with pytest.raises(TooManyPixels):
        decode(tiffs.tiff(directory), LIMITS)


def test_more_pieces_than_can_be_are_no_pieces() -> None:
    many = tiffs.picture(1, 40_000_000, b"x" * 100, t278=1)
    with pytest.raises(InvalidInput):
        decode(tiffs.tiff(many), LIMITS)


@pytest.mark.parametrize("codec", ENCODERS)
def test_a_small_picture_within_a_tiff_is_no_larger_than_its_piece(codec: str) -> None:
    numbers = {"png": 34933, "webp": 50001, "jpeg2000": 34712}
    strip = bytes(getattr(imagecodecs, ENCODERS[codec])(np.zeros((2000, 2000, 3), np.uint8)))
    directory = tiffs.picture(64, 64, strip, samples=3, photometric=2, compression=numbers[codec])
    with pytest.raises(ImageUnreadable):
        decode(tiffs.tiff(directory), LIMITS)


def test_a_process_that_meets_no_such_file_does_not_load_what_reads_it() -> None:
    code = """
        import sys
        from services.imaging.decode import ImageLimits, decode
        from tests.support import pictures
        for format_ in ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"):
            decode(pictures.encoded(pictures.picture(), format_), ImageLimits())
        print(sorted({"tifffile", "imagecodecs"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"

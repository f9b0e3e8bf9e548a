"""Colour profiles (ICC.1:2001-04), made for tests."""

import struct
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# Columns of red, green and blue in XYZ, adapted to D50.
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))
WIDE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
WHITE = (0.9642, 1.0, 0.8249)


def matrix_profile(
    primaries: Sequence[Sequence[float]], gamma: float | None, *, device: bytes = b"mntr"
) -> bytes:
    """A profile of RGB; its curve is that of sRGB if gamma is None."""
    curve = _table(_srgb_to_linear) if gamma is None else _gamma(gamma)
    tags = {}
    for name, primary in zip((b"r", b"g", b"b"), primaries, strict=True):
        tags[name + b"XYZ"] = _xyz(*primary)
        tags[name + b"TRC"] = curve
    return _profile(b"RGB ", b"XYZ ", tags, device)


def grey_profile(gamma: float) -> bytes:
    """A profile of grey."""
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": _gamma(gamma)})


def ink_profile(lab: Callable[[tuple[int, ...]], tuple[float, float, float]]) -> bytes:
    """A printer's profile of CMYK.

    Args:
        lab: L*, a* and b* of each of the 16 combinations of no ink (0) and full ink (1).
    """
    corners = [lab(tuple(place >> bit & 1 for bit in (3, 2, 1, 0))) for place in range(16)]
    grid = bytes(
        round(value)
        for lightness, a, b in corners
        for value in (lightness * 2.55, a + 128, b + 128)
    )
    identity = struct.pack(">9i", *(65536 * (place % 4 == 0) for place in range(9)))
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + grid + ramp * 3
    return _profile(b"CMYK", b"Lab ", {b"A2B0": table}, b"prtr")


def lab_profile() -> bytes:
    """A profile of Lab, which no format here but TIFF has pixels of."""
    return _profile(b"Lab ", b"Lab ", {}, b"spac")


def seen(
    samples: NDArray[np.float64], primaries: Sequence[Sequence[float]], gamma: float
) -> NDArray[np.float64]:
    """The sRGB levels, [..., 3], that samples of 0 to 1 of such a profile mean."""
    xyz = samples**gamma @ np.array(primaries)
    linear = np.clip(xyz @ np.linalg.inv(np.array(SRGB)), 0, 1)
    return np.asarray(255 * _linear_to_srgb(linear))


def grey_seen(samples: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    """The sRGB levels that grey samples of 0 to 1 mean."""
    return np.asarray(255 * _linear_to_srgb(samples**gamma))


def _srgb_to_linear(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def _linear_to_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _gamma(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def _table(curve: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> bytes:
    values = np.rint(65535 * curve(np.linspace(0, 1, 1024)))
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + values.astype(">u2").tobytes()


def _profile(
    space: bytes, connection: bytes, tags: Mapping[bytes, bytes], device: bytes = b"mntr"
) -> bytes:
    name = b"test\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    tags = {
        b"desc": description,
        b"cprt": b"text\0\0\0\0nobody\0",
        b"wtpt": _xyz(*WHITE),
        **tags,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += tag + struct.pack(">II", start + len(body), len(padded))
        body += padded
    head = struct.pack(">I", start + len(body)) + b"test" + struct.pack(">I", 0x02400000)
    head += device + space + connection + struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp"
    return head.ljust(68, b"\0") + _fixed(*WHITE) + bytes(48) + table + body

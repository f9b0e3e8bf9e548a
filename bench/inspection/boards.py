"""Drawn boards with components: a part that is placed alike, moved and spoilt on demand."""

import io
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 320, 240
DEFECTS = ("missing", "moved", "turned", "exchanged", "scratch")

_FINER = 2
_HALF_WIDTH, _HALF_HEIGHT = 118, 84
_GREEN, _COPPER = (38, 92, 60), (150, 128, 70)
_SHADES = ((28, 28, 32), (190, 186, 178), (120, 70, 40), (66, 74, 96), (205, 170, 80))

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Move:
    """How a board lies."""

    across: float = 0.0
    """Pixels to the right."""
    down: float = 0.0
    """Pixels down."""
    degrees: float = 0.0
    """Clockwise, about the middle of the picture."""


@dataclass(frozen=True)
class _Component:
    """Something on the board: a rectangle, or an ellipse in one."""

    middle: tuple[float, float]
    """Pixels from the middle of the board."""
    half: tuple[float, float]
    shade: int
    is_round: bool
    degrees: float = 0.0


def board(seed: int, move: Move = Move(), defect: str = "") -> bytes:
    """A picture of a board as a PNG; the same arguments draw the same.

    Args:
        seed: Of what differs from picture to picture: light, noise, the belt that the board lies
            on, tolerances of its components; and of the defect.
        move: How the board lies.
        defect: One of `DEFECTS`, or none.
    """
    rng = np.random.default_rng(seed)
    components = [_tolerated(one, rng) for one in _COMPONENTS]
    chosen = int(rng.integers(len(components)))
    size = (WIDTH * _FINER, HEIGHT * _FINER)
    picture = Image.fromarray(_belt(rng, size))
    draw = ImageDraw.Draw(picture)
    edge = _rectangle((0, 0), (_HALF_WIDTH, _HALF_HEIGHT), 0)
    draw.polygon(_seen(edge, move), fill=_GREEN)
    for line in _TRACES:
        draw.line(_seen(np.array(line), move), fill=_COPPER, width=2 * _FINER)
    for place, one in enumerate(components):
        if place != chosen or not defect:
            _draw(draw, one, move)
        elif defect != "missing":
            _draw(draw, _spoilt(one, defect, rng), move)
    if defect == "scratch":
        start = rng.uniform(-0.7, 0.7, 2) * (_HALF_WIDTH, _HALF_HEIGHT)
        end = start + rng.uniform(10, 22) * _direction(rng.uniform(0, 360))
        draw.line(_seen(np.stack([start, end]), move), fill=(205, 205, 200), width=_FINER)
    shown = picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    light = rng.uniform(0.85, 1.15) * (1 + rng.uniform(-0.1, 0.1) * np.linspace(-1, 1, WIDTH))
    lit = np.asarray(shown, np.float32) * light[None, :, None]
    lit += rng.normal(0, 3, lit.shape)
    out = io.BytesIO()
    Image.fromarray(lit.clip(0, 255).astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _tolerated(one: _Component, rng: np.random.Generator) -> _Component:
    across, down = rng.normal(0, 0.4, 2)
    middle = (one.middle[0] + across, one.middle[1] + down)
    return _Component(middle, one.half, one.shade, one.is_round, float(rng.normal(0, 0.7)))


def _spoilt(one: _Component, defect: str, rng: np.random.Generator) -> _Component:
    if defect == "moved":
        across, down = rng.uniform(5, 9) * _direction(rng.uniform(0, 360))
        middle = (one.middle[0] + across, one.middle[1] + down)
        return _Component(middle, one.half, one.shade, one.is_round)
    if defect == "turned" and not one.is_round:
        return _Component(one.middle, one.half, one.shade, one.is_round, rng.uniform(20, 70))
    if defect == "scratch":
        return one
    shade = (one.shade + int(rng.integers(1, len(_SHADES)))) % len(_SHADES)
    return _Component(one.middle, one.half, shade, one.is_round)


def _draw(draw: ImageDraw.ImageDraw, one: _Component, move: Move) -> None:
    if one.is_round:
        angles = np.linspace(0, 2 * np.pi, 40)
        outline = np.stack([np.cos(angles), np.sin(angles)], 1) * one.half + one.middle
    else:
        outline = _rectangle(one.middle, one.half, one.degrees)
    draw.polygon(_seen(outline, move), fill=_SHADES[one.shade], outline=(12, 12, 12))


def _rectangle(middle: tuple[float, float], half: tuple[float, float], degrees: float) -> Points:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    along, across = _direction(degrees), _direction(degrees + 90)
    return np.asarray(corners[:, :1] * along + corners[:, 1:] * across + middle)


def _seen(points: Points, move: Move) -> list[tuple[float, float]]:
    """Points of the board in the finer picture."""
    c, s = cos(radians(move.degrees)), sin(radians(move.degrees))
    turned = points @ np.array([[c, s], [-s, c]])
    middle = np.array([WIDTH / 2 + move.across, HEIGHT / 2 + move.down])
    placed = (turned + middle) * _FINER
    return [(float(x), float(y)) for x, y in placed]


def _direction(degrees: float) -> Points:
    return np.array([cos(radians(degrees)), sin(radians(degrees))])


def _belt(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    """What boards lie on: uneven, and elsewhere uneven in every picture."""
    coarse = rng.uniform(45, 75, (size[1] // 16, size[0] // 16)).astype(np.uint8)
    grey = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    return np.repeat(grey[:, :, None], 3, axis=2)


def _layout() -> tuple[list[_Component], list[list[tuple[float, float]]]]:
    """Of all boards: components in a grid that is filled unevenly, and traces between them."""
    rng = np.random.default_rng(7)
    components = []
    for row in range(4):
        for column in range(6):
            if rng.random() < 0.25:
                continue
            x = (column - 2.5) * 37 + rng.uniform(-5, 5)
            y = (row - 1.5) * 40 + rng.uniform(-5, 5)
            half = (float(rng.uniform(4, 11)), float(rng.uniform(4, 11)))
            is_round = bool(rng.random() < 0.3)
            shade = int(rng.integers(len(_SHADES)))
            components.append(
                _Component((x, y), (half[0], half[0]) if is_round else half, shade, is_round)
            )
    traces = []
    for one, other in pairwise(components):
        traces.append([one.middle, (other.middle[0], one.middle[1]), other.middle])
    return components, traces


_COMPONENTS, _TRACES = _layout()

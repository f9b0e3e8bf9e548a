"""Outlines as people type them."""

from argus.type.v1 import geometry_pb2

from mesh.client.names import printable
from mesh.errors import MeshError

LEAST_CORNERS = 3


def parse_polygon(text: str, *, option: str = "--polygon") -> geometry_pb2.Polygon:
    """An outline given as corners in fractions.

    Raises:
        MeshError: It is none.
    """
    try:
        corners = [tuple(map(float, corner.split(","))) for corner in text.split()]
        points = [geometry_pb2.Point(x=x, y=y) for x, y in corners]
    except ValueError:
        points = []
    if len(points) < LEAST_CORNERS or not all(0 <= p.x <= 1 and 0 <= p.y <= 1 for p in points):
        raise MeshError(
            f"`{printable(text)}` is not an outline.",
            f'Write corners as fractions from 0 to 1, such as {option} "0.2,0.3 0.4,0.3 0.3,0.5".',
        )
    return geometry_pb2.Polygon(points=points)

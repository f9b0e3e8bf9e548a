"""Layers of an OpenVINO network that compute in 32-bit floats whatever the others do."""

from pathlib import Path
from xml.etree import ElementTree as ET

MARK = {"name": "precise", "version": "0"}
"""How OpenVINO's converter marks layers whose floats must not be shortened; its CPU plugin
computes these in their own precision also if the others are to compute in bf16."""


def keep_exact(file: Path, *, convolutions: int) -> None:
    """Marks the layers up to a convolution, its activation too.

    Args:
        file: The `.xml` of a network, whose layers are in the order of their computation.
        convolutions: How many convolutions are marked; the network must have more.

    Raises:
        ValueError: if it has no more.
    """
    tree = ET.parse(file)  # noqa: S314 - OpenVINO has just written it
    layers = [layer for layer in tree.iterfind("layers/layer") if layer.get("type") != "Const"]
    places = [place for place, layer in enumerate(layers) if "Convolution" in layer.get("type", "")]
    if len(places) <= convolutions:
        raise ValueError(
            f"{file.name} has {len(places)} convolutions, not more than {convolutions}"
        )
    for layer in layers[: places[convolutions]]:
        # The order of a layer's parts is fixed: data, rt_info, input, output.
        info = layer.find("rt_info")
        if info is None:
            info = ET.Element("rt_info")
            layer.insert(0 if layer.find("data") is None else 1, info)
        ET.SubElement(info, "attribute", MARK)
    tree.write(file, encoding="utf-8", xml_declaration=True)

"""Builds the compact model's networks and saves them for OpenVINO.

Run as `python -m services.embedder.compact.convert FOLDER`, in a process of
its own, because torch and timm would stay in memory. Writes `image.xml`,
`text.xml` with their `.bin`, and `reference.npz`: what torch answers in 32-bit
floats to the inputs of `probes`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from safetensors.torch import load_file

from services.embedder.compact import probes, recipe
from services.embedder.compact.networks import ImageNetwork, TextNetwork
from services.embedder.compact.openvino_network import padded
from services.embedder.compact.tokens import SentenceTokenizer
from services.embedder.compact.weights import image_weights, text_files
from services.embedder.torchvision_ops import import_torchvision

IMAGE_SHAPE = (recipe.IMAGE_SIZE, recipe.IMAGE_SIZE, 3)


def convert(folder: Path) -> None:
    """Writes the networks and their reference answers into a folder."""
    tokenizer = SentenceTokenizer()
    with torch.no_grad():
        text = build_text_network()
        ids, mask = padded([tokenizer(probe) for probe in probes.TEXTS])
        pixels = probes.images()
        tokens = torch.from_numpy(ids), torch.from_numpy(mask)
        image = build_image_network(text, tokenizer)
        np.savez(
            folder / "reference.npz",
            image=image(torch.from_numpy(pixels)).numpy(),
            text=text(*tokens).numpy(),
        )
    many = torch.export.Dim("many", min=1, max=1024)
    length = torch.export.Dim("length", min=2, max=recipe.CONTEXT_LENGTH)
    program = torch.export.export(
        image, (torch.from_numpy(pixels),), dynamic_shapes=({0: many},), strict=False
    )
    network = openvino.convert_model(program)
    network.reshape([-1, *IMAGE_SHAPE])
    openvino.save_model(network, folder / "image.xml", compress_to_fp16=False)
    program = torch.export.export(
        text, tokens, dynamic_shapes=({0: many, 1: length}, {0: many, 1: length}), strict=False
    )
    openvino.save_model(openvino.convert_model(program), folder / "text.xml", compress_to_fp16=True)


def build_text_network() -> TextNetwork:
    """all-MiniLM-L6-v2."""
    files = text_files()
    config = json.loads((files / "config.json").read_text())
    return TextNetwork(
        load_file(files / "model.safetensors"),
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        epsilon=config["layer_norm_eps"],
    ).eval()


def build_image_network(text: TextNetwork, tokenizer: SentenceTokenizer) -> ImageNetwork:
    """EfficientNet-Lite0 with the classes' names as the sentence encoder reads them."""
    import_torchvision()
    import timm  # noqa: PLC0415 - imports torchvision, which must be made importable first
    from timm.data.imagenet_info import ImageNetInfo  # noqa: PLC0415 - as above

    backbone: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    trained = torch.load(image_weights(), map_location="cpu", weights_only=True)
    # The checkpoint names the same tensors differently, in the same order.
    names = backbone.state_dict().keys()
    backbone.load_state_dict(dict(zip(names, trained.values(), strict=True)))

    labels = ImageNetInfo("imagenet-1k")
    vectors = []
    for index in range(backbone.classifier.out_features):
        name = labels.index_to_description(index).split(",")[0]
        ids, mask = padded([tokenizer(form.format(name)) for form in recipe.CLASS_TEXTS])
        embedded = text(torch.from_numpy(ids), torch.from_numpy(mask))
        vectors.append(embedded[:, : recipe.SEMANTIC_DIMENSION].mean(0))
    class_vectors = torch.nn.functional.normalize(torch.stack(vectors), dim=-1)
    return ImageNetwork(backbone, class_vectors).eval()


if __name__ == "__main__":
    convert(Path(sys.argv[1]))

"""The usual service: FastAPI, uvicorn, torch; each request is decoded and embedded by itself.

    python -m bench.peers.fastapi_server compact|FOLDER PORT

Takes an image as a request's body at `/embed` and answers its vector as JSON.
"""

import io
import sys
from collections.abc import Callable

import torch
import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from PIL import Image

from services.embedder.models.torchvision_ops import import_torchvision

Encoder = Callable[[torch.Tensor], torch.Tensor]
Transform = Callable[[Image.Image], torch.Tensor]


def load(model: str) -> tuple[Encoder, Transform]:
    """A network in float32 and its own transform.

    Args:
        model: `compact` for EfficientNet-Lite0, the network of its image tower,
            or an OpenCLIP model's folder.
    """
    import_torchvision()
    if model == "compact":
        import timm  # noqa: PLC0415 - importable only beside a torchvision that is
        from timm.data import create_transform, resolve_data_config  # noqa: PLC0415 - likewise

        torch.manual_seed(0)
        backbone = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
        return backbone, create_transform(**resolve_data_config({}, model=backbone))
    import open_clip  # noqa: PLC0415 - likewise

    network, transform = open_clip.create_model_from_pretrained(f"local-dir:{model}")
    return network.eval().encode_image, transform


def build(encode: Encoder, transform: Transform) -> FastAPI:
    """The service."""
    app = FastAPI()

    @torch.inference_mode()
    def embed(data: bytes) -> list[float]:
        pixels = transform(Image.open(io.BytesIO(data)).convert("RGB"))
        vector = encode(pixels[None])[0]
        values: list[float] = (vector / vector.norm()).tolist()
        return values

    @app.post("/embed")
    async def answer(request: Request) -> dict[str, list[float]]:
        return {"embedding": await run_in_threadpool(embed, await request.body())}

    return app


if __name__ == "__main__":
    uvicorn.run(build(*load(sys.argv[1])), port=int(sys.argv[2]), log_level="warning")

"""A GPU against its own bf16 roofline."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.embedder.items import Items
from bench.embedder.results import GpuResults
from services.embedder.models.load import load_model
from services.embedder.models.torchvision_ops import import_torchvision
from services.imaging.decode import ImageLimits

MATRIX = 8192
BATCH = 256
SECONDS = 3.0


class Gpu:
    """Measures models on the first GPU."""

    def name(self) -> str:
        """The GPU's name; empty if there is none."""
        import torch  # noqa: PLC0415 - takes seconds, in a process of its own

        return torch.cuda.get_device_name() if torch.cuda.is_available() else ""

    def measure(self, architecture: str, folder: Path, items: Items, threads: int) -> GpuResults:
        """Measures one model.

        Args:
            architecture: As OpenCLIP names it.
            folder: The installed model's.
            items: What is embedded.
            threads: How many threads decode.
        """
        import torch  # noqa: PLC0415 - as above

        import_torchvision()
        import open_clip  # noqa: PLC0415 - importable only beside a torchvision that is

        network: Any = open_clip.create_model(architecture, pretrained=None).visual.eval()
        operations = _operations(network)
        compiled: Callable[[Any], Any] = torch.compile(
            network.to("cuda", torch.bfloat16), mode="max-autotune"
        )
        side = (
            network.image_size[0] if isinstance(network.image_size, tuple) else network.image_size
        )
        pixels = torch.randn(BATCH, 3, side, side, device="cuda", dtype=torch.bfloat16)

        @torch.inference_mode()
        def forward() -> None:
            compiled(pixels)
            torch.cuda.synchronize()

        model = load_model(
            folder, limits=ImageLimits(), threads=threads, runtime="torch", precision="bf16"
        )
        images = items.of_pass("gpu", model.max_batch)
        prepared = [model.prepare_image(image) for image in images]
        with ThreadPoolExecutor(threads) as pool:
            pending = list(pool.map(model.prepare_image, images))

            def decoded() -> None:
                nonlocal pending
                following = pool.map(model.prepare_image, images)
                model.embed_images(pending)
                pending = list(following)

            return GpuResults(
                architecture,
                roofline_per_s=_matrix_rate() / operations,
                network_per_s=BATCH / _seconds(forward),
                embed_per_s=len(images) / _seconds(lambda: model.embed_images(prepared)),
                decoded_per_s=len(images) / _seconds(decoded),
            )


def _side(network: Any) -> int:  # noqa: ANN401 - open_clip is untyped
    size = network.image_size
    return int(size[0] if isinstance(size, tuple) else size)


def _operations(network: Any) -> float:  # noqa: ANN401 - open_clip is untyped
    """Floating-point operations of one image, as torch counts them."""
    import torch  # noqa: PLC0415 - as above
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415 - as above

    side = _side(network)
    # Without gradients torch takes a fused attention whose operations it does not count.
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 3, side, side))
    return float(counter.get_total_flops())


def _matrix_rate() -> float:
    """Floating-point operations per second of a large bf16 matrix product of random numbers."""
    import torch  # noqa: PLC0415 - as above

    one, other = (
        torch.randn(MATRIX, MATRIX, device="cuda", dtype=torch.bfloat16) for _ in range(2)
    )

    def multiply() -> None:
        for _ in range(10):
            torch.mm(one, other)
        torch.cuda.synchronize()

    return 10 * 2 * MATRIX**3 / _seconds(multiply)


def _seconds(once: Callable[[], object]) -> float:
    """Mean seconds of a call, measured for some seconds after three calls to warm up."""
    for _ in range(3):
        once()
    calls, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        once()
        calls += 1
    return (time.perf_counter() - began) / calls

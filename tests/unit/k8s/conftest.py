import subprocess
from collections.abc import Callable
from functools import cache

import pytest

from scripts.chart import Document, rendered
from scripts.cluster_tools import ClusterTools, install, missing
from tests.unit.k8s.variants import VARIANTS


@pytest.fixture(scope="session")
def tools() -> ClusterTools:
    if reason := missing():
        pytest.skip(reason)
    try:
        return install()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"helm and its like cannot be installed from the registries: {error}")


@pytest.fixture(scope="session")
def variant(tools: ClusterTools) -> Callable[[str], list[Document]]:
    """What the chart is for one of `VARIANTS`, rendered once; not to be changed."""

    @cache
    def render(name: str) -> list[Document]:
        return rendered(tools, VARIANTS[name])

    return render

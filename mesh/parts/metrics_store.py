"""The real Prometheus, or VictoriaMetrics, where one of them is installed: collects all metrics."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from mesh.credentials import write_private
from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.parts.observe import USERS, check_page, observe_key
from mesh.supervision.listener import Guard, Listener, tcp
from mesh.supervision.part import Part, Stage
from mesh.supervision.ports import Ports

PROMETHEUS = "prometheus"
VICTORIA_METRICS = "victoria-metrics"
_KEEP = "7d"
_MAX_BYTES = "512MB"
_INTERVAL = "15s"


def find_metrics_store() -> Path | None:
    """The program, if one is on the PATH."""
    for name in (PROMETHEUS, VICTORIA_METRICS, "victoria-metrics-prod"):
        found = shutil.which(name)
        if found:
            return Path(found).absolute()
    return None


def metrics_store_part(
    program: Path, layout: Layout, ports: Ports, metrics: Mapping[str, Sequence[int]]
) -> Part:
    """The part.

    Args:
        program: What is run.
        layout: Where its data and configuration go.
        ports: Its own, and that of the edge's statistics.
        metrics: Ports at which each service's replicas are asked, by the service's name.
    """
    prometheus = program.name == PROMETHEUS
    name = PROMETHEUS if prometheus else VICTORIA_METRICS
    folder = layout.observe / name
    config = layout.observe / "scrape.yml"
    listen = tcp(LOOPBACK, ports.metrics_store)
    health = f"http://{listen}{'/-/ready' if prometheus else '/health'}"

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_private(config, scrape_configuration(ports, metrics))

    return Part(
        name=name,
        stage=Stage.STORE,
        ready=lambda: check_page(health),
        command=(
            (
                str(program), f"--config.file={config}", f"--storage.tsdb.path={folder}",
                f"--storage.tsdb.retention.time={_KEEP}",
                f"--storage.tsdb.retention.size={_MAX_BYTES}",
                f"--web.listen-address={listen}",
            )
            if prometheus
            else (
                str(program), f"-promscrape.config={config}", f"-storageDataPath={folder}",
                f"-retentionPeriod={_KEEP}", f"-httpListenAddr={listen}", "-envflag.enable",
                "-memory.allowedPercent=5", "-search.latencyOffset=5s",
            )
        ),
        env={} if prometheus else _closed(observe_key(layout)),
        listeners=(
            Listener(
                "metrics-store", listen, f"{name}: metrics of services and edge", USERS,
                Guard.PUBLIC if prometheus else Guard.KEY,
                "" if prometheus else "`/health`",
            ),
        ),
        optional=True,
        niceness=10,
        cwd=layout.data_dir,
        prepare=prepare,
        stop_timeout_s=5.0,
        advice=f"Does `{program} --version` run? Its data is in {folder}, and can be removed.",
    )  # fmt: skip


def _closed(key: str) -> Mapping[str, str]:
    """Variables with which VictoriaMetrics answers nobody without the key."""
    return {
        "httpAuth_username": "argus",
        "httpAuth_password": key,
        # These have keys of their own.
        **dict.fromkeys(("metricsAuthKey", "pprofAuthKey"), key),
    }


def scrape_configuration(ports: Ports, metrics: Mapping[str, Sequence[int]]) -> str:
    """What Prometheus is to ask, and how often, in YAML.

    Args:
        ports: Among them that of the edge's statistics.
        metrics: Ports at which each service's replicas are asked, by the service's name.
    """
    jobs = [
        {
            "job_name": f"argus-{service}",
            "static_configs": [{"targets": [tcp(LOOPBACK, port) for port in replicas]}],
        }
        for service, replicas in metrics.items()
    ]
    jobs.append(
        {
            "job_name": "argus-edge",
            "metrics_path": "/stats/prometheus",
            "static_configs": [{"targets": [tcp(LOOPBACK, ports.admin)]}],
        }
    )
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": _INTERVAL, "scrape_timeout": "10s"},
            "scrape_configs": jobs,
        },
        sort_keys=False,
    )

"""Values that the chart is rendered with: nothing said, everything switched on, the examples."""

from collections.abc import Mapping
from typing import Any

import yaml

from scripts.chart import CHART

_DIGEST = "sha256:" + 64 * "0"
PARTS = ("edge", "auth", "storage", "embedder", "search", "inspection")

EVERYTHING: Mapping[str, Any] = {
    "fullnameOverride": "eyes",
    "image": {"registry": "registry.example.org/argus", "tag": "1.2.3"},
    "imagePullSecrets": [{"name": "registry"}],
    "otlpUrl": "http://collector:4317",
    "models": {"id": "ViT-B-32/laion2b_s34b_b79k", "hub": True, "existingClaim": "models"},
    "qdrant": {"url": "https://qdrant.example.org", "existingSecret": "qdrant"},
    "objects": {"url": "https://s3.example.org", "publicUrl": "https://s3.example.org"},
    **{part: {"imageDigest": _DIGEST} for part in PARTS},
    "search": {
        "imageDigest": _DIGEST,
        "maps": {"existingClaim": "maps"},
        "env": {"ARGUS_SEARCH_MAP_BYTES": 2**33, "ARGUS_VECTOR_QUANTIZATION": "binary"},
    },
    "auth": {
        "imageDigest": _DIGEST,
        "env": {
            "ARGUS_LOGIN_FIRST_WAIT_S": 0.5,
            "ARGUS_SMTP_HOST": "smtp.example.org",
            "ARGUS_SMTP_SECURITY": "tls",
            "ARGUS_MAIL_FROM": "argus@example.org",
        },
        "priorityClassName": "high",
        "podAnnotations": {"who": "auth"},
        "extraVolumes": [{"name": "more", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
    },
    "edge": {
        "imageDigest": _DIGEST,
        "tls": {"existingSecret": "edge-tls"},
        "service": {"type": "LoadBalancer"},
        "limits": {
            "calls": {"auth": {"per_second": 3, "burst": 1_000_000_000}},
            "edge": {"memory_bytes": 2**30, "trusted_proxies": 2},
        },
        "env": {"ARGUS_CORS_ORIGIN_REGEX": r"https://argus\.example\.org"},
    },
    "inspection": {
        "imageDigest": _DIGEST,
        "env": {"ARGUS_INSPECTION_WEBHOOK_TARGETS": "mes.example.org:8443"},
    },
    "gpu": {"enabled": True, "precision": "bf16"},
    "keda": {
        "enabled": True,
        "search": {"redis": {"existingSecret": "redis"}},
        "embedder": {"prometheus": "http://prometheus:9090"},
    },
    "gateway": {
        "enabled": True,
        "hostnames": ["argus.example.org"],
        "className": "envoy",
        "tlsSecret": "gateway-tls",
    },
    "monitoring": {
        "enabled": True,
        "labels": {"release": "prometheus"},
        "rules": [{"name": "argus", "rules": [{"alert": "Down", "expr": "up == 0", "for": "5m"}]}],
    },
    "networkPolicy": {
        "peers": {
            "clients": [{"namespaceSelector": {"matchLabels": {"role": "gateway"}}}],
            "postgres": [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
        },
        "ports": {"postgres": 5433, "receivers": [443, 8443]},
    },
}

FIXED: Mapping[str, Any] = {
    **{part: {"autoscaling": {"enabled": False}, "replicas": 3} for part in PARTS},
    "networkPolicy": {"enabled": False},
    "podDisruptionBudget": {"enabled": False},
}

EXAMPLES = {file.stem: yaml.safe_load(file.read_text()) for file in CHART.glob("examples/*.yaml")}

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "defaults": {},
    "everything": EVERYTHING,
    "fixed": FIXED,
    **EXAMPLES,
}

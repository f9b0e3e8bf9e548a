"""Values that make no sense are refused, by both Helms, and said by name."""

import subprocess
from typing import Any

import pytest

from scripts.chart import SETTINGS, merged, rendered, schema
from scripts.cluster_tools import ClusterTools
from tests.unit.k8s.variants import EVERYTHING

NONSENSE: dict[str, Any] = {
    "a word that is not there": {"replcias": 3},
    "a word that is not there, below": {"search": {"replica": 3}},
    "no replicas": {"edge": {"replicas": 0}},
    "half a replica": {"auth": {"replicas": 1.5}},
    "no secret": {"serviceSecret": {"existingSecret": ""}},
    "a secret in plain words": {"redis": {"url": "redis://redis:6379"}},
    "an origin with a path": {"objects": {"url": "http://minio:9000/images"}},
    "an origin with a password": {"objects": {"url": "http://me:secret@minio:9000"}},
    "no server for vectors": {"qdrant": {"url": ""}},
    "a bucket that S3 does not know": {"objects": {"bucket": "Images"}},
    "the latest image": {"image": {"tag": "latest"}},
    "a digest that is none": {"auth": {"imageDigest": "abc"}},
    "no requests": {"storage": {"resources": {"requests": None}}},
    "a quantity that is none": {"storage": {"resources": {"limits": {"memory": "much"}}}},
    "a setting of nobody's": {"auth": {"env": {"ARGUS_ACCESS_TOKEN_TTL": 900}}},
    "a quantization that there is not": {"search": {"env": {"ARGUS_VECTOR_QUANTIZATION": "int8"}}},
    "a graph of its own beside a server": {"search": {"env": {"ARGUS_VECTOR_GRAPH_FROM": 5}}},
    "a setting of another service": {"auth": {"env": {"ARGUS_SEARCH_MAP_BYTES": 2**30}}},
    "a setting out of its range": {"auth": {"env": {"ARGUS_ACCESS_TOKEN_TTL_S": 1}}},
    "a setting of another type": {"storage": {"env": {"ARGUS_STORAGE_THREADS": "many"}}},
    "a setting that follows from others": {"search": {"env": {"ARGUS_STORAGE_URL": "x:1"}}},
    "a secret as a setting": {"storage": {"env": {"ARGUS_S3_SECRET_KEY": "secret"}}},
    "a secret of nobody's": {
        "auth": {"secretEnv": {"ARGUS_X": {"existingSecret": "a", "key": "b"}}}
    },
    "leaving before the edge notices": {"auth": {"drain": {"noticeSeconds": 2}}},
    "a class of calls that is not there": {"edge": {"limits": {"calls": {"sing": {}}}}},
    "half a rate": {"edge": {"limits": {"calls": {"read": {"burst": 5}}}}},
    "a rate of nothing": {"edge": {"limits": {"calls": {"read": {"burst": 5, "per_second": 0}}}}},
    "too little memory": {"edge": {"limits": {"edge": {"memory_bytes": 1}}}},
    "a kind of service that is not there": {"edge": {"service": {"type": "ExternalName"}}},
    "a port that is none": {"networkPolicy": {"ports": {"redis": 70000}}},
    "a peer of nothing": {"networkPolicy": {"peers": {"clients": [{}]}}},
    "a gateway without names": {"gateway": {"enabled": True, "parentRefs": [{"name": "a"}]}},
    "a gateway of nobody's": {"gateway": {"enabled": True, "hostnames": ["a.example.org"]}},
    "two gateways": {
        "gateway": {
            "enabled": True,
            "hostnames": ["a.example.org"],
            "parentRefs": [{"name": "a"}],
            "className": "b",
            "tlsSecret": "c",
        }
    },
    "a gateway without a certificate": {
        "gateway": {"enabled": True, "hostnames": ["a.example.org"], "className": "b"}
    },
    "a queue at a URL": {"keda": {"search": {"redis": {"address": "redis://redis:6379"}}}},
    "a rule of nothing": {"monitoring": {"rules": [{"name": "argus", "rules": []}]}},
    "part of a GPU": {"gpu": {"count": 0}},
}


@pytest.mark.parametrize("helm", [3, 4])
@pytest.mark.parametrize("values", NONSENSE.values(), ids=NONSENSE.keys())
def test_it_is_refused(tools: ClusterTools, values: Any, helm: int) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        rendered(tools, values, helm=helm, arguments=("--show-only", "templates/parts.yaml"))
    said = str(refused.value.stderr)
    assert "schema" in said
    # What is to be changed.
    ((name, below),) = values.items()
    assert name in said
    if isinstance(below, dict):
        assert any(word in said for word in below) or name == "gateway"


@pytest.mark.parametrize("helm", [3, 4])
def test_more_at_least_than_at_most_is_refused(tools: ClusterTools, helm: int) -> None:
    values = {"edge": {"autoscaling": {"minReplicas": 5, "maxReplicas": 2}}}
    with pytest.raises(subprocess.CalledProcessError) as refused:
        rendered(tools, values, helm=helm)
    assert "edge.autoscaling.minReplicas is above maxReplicas" in refused.value.stderr


def test_all_else_is_taken(tools: ClusterTools) -> None:
    free = {"auth": {"env": {"ARGUS_BCRYPT_ROUNDS": 12}}, "logLevel": "DEBUG"}
    assert rendered(tools, merged(EVERYTHING, free), helm=4)


@pytest.mark.parametrize("part", SETTINGS)
def test_whatever_a_service_reads_can_be_said(part: str) -> None:
    # Somewhere: among its settings, its secrets, or as a value of the chart that follows.
    text = schema()
    assert f'"{part}Settings"' in text
    assert f'"{part}Secrets"' in text

"""How many connections an address may have, and the listener with TLS.

Envoy counts connections by filter chain, not by address. So a listener has many chains that differ
only in their counters, and a hash of its address leads each client to always the same.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CHAINS = 8
"""Counters, which addresses share. Each takes 3 MB of the edge."""

_TYPE = "type.googleapis.com"
_LIMIT = f"{_TYPE}/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit"
_HASH = f"{_TYPE}/envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing"
_SOURCE = f"{_TYPE}/envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput"
_TLS = f"{_TYPE}/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
_EDGE = "*edge"
"""The filter of the first chain in the template, of which the others are copies."""


@dataclass(frozen=True)
class TlsListener:
    """Where clients come in over TLS.

    Attributes:
        address: Where it listens.
        port: The same.
        certificate: PEM file of the chain, the server's own first.
        key: PEM file of its key.
    """

    address: str
    port: int
    certificate: Path
    key: Path


def chain_of_address(seed: int) -> str:
    """Which chain an address comes to, as a value in YAML (JSON is YAML).

    Args:
        seed: Drawn anew for each start, so that nobody can choose whom to be in the way of.
    """
    return json.dumps(_between(0, CHAINS, seed))


def connection_limit(per_address: int) -> str:
    """The filter that counts, as a value in YAML."""
    config = {"@type": _LIMIT, "stat_prefix": "address", "max_connections": per_address}
    return json.dumps({"name": "envoy.filters.network.connection_limit", "typed_config": config})


def more_chains(per_address: int) -> list[str]:
    """The chains beside the first, each a line of a list in YAML."""
    limit = connection_limit(per_address)
    return [f'- {{"name": "{n}", "filters": [{limit}, {_EDGE}]}}' for n in range(1, CHAINS)]


def tls_listener(listener: TlsListener, per_address: int, seed: int) -> Iterator[str]:
    """The listener, as lines of YAML without indentation."""
    address = {"address": listener.address, "port_value": listener.port}
    limit = connection_limit(per_address)
    yield "- name: tls"
    yield f"  address: {json.dumps({'socket_address': address})}"
    yield "  traffic_direction: INBOUND"
    yield "  enable_reuse_port: false"
    yield "  per_connection_buffer_limit_bytes: 1048576"
    yield f"  filter_chain_matcher: {chain_of_address(seed)}"
    yield "  filter_chains:"
    tls = f"&tls {json.dumps(_tls(listener))}"
    for number in range(CHAINS):
        yield f'  - name: "{number}"'
        yield f"    transport_socket: {tls}"
        yield "    transport_socket_connect_timeout: 10s"
        yield f"    filters: [{limit}, {_EDGE}]"
        tls = "*tls"


def _tls(listener: TlsListener) -> Mapping[str, object]:
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": _TLS,
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_params": {
                    "tls_minimum_protocol_version": "TLSv1_2",
                    "tls_maximum_protocol_version": "TLSv1_3",
                },
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": str(listener.certificate)},
                        "private_key": {"filename": str(listener.key)},
                    }
                ],
            },
        },
    }


def _between(first: int, last: int, seed: int) -> Mapping[str, object]:
    """Halves the chains from `first` up to before `last` until one is left."""
    if last - first == 1:
        chain = {"@type": f"{_TYPE}/google.protobuf.StringValue", "value": str(first)}
        return {"action": {"name": "chain", "typed_config": chain}}
    middle = (first + last) // 2
    upper = {
        "predicate": {
            "single_predicate": {
                "input": {"name": "address", "typed_config": {"@type": _SOURCE}},
                "custom_match": {
                    "name": "hash",
                    "typed_config": {
                        "@type": _HASH,
                        "threshold": middle,
                        "modulo": CHAINS,
                        "seed": seed,
                    },
                },
            }
        },
        "on_match": _branch(middle, last, seed),
    }
    return {
        "matcher_list": {"matchers": [upper]},
        "on_no_match": _branch(first, middle, seed),
    }


def _branch(first: int, last: int, seed: int) -> Mapping[str, object]:
    found = _between(first, last, seed)
    return found if "action" in found else {"matcher": found}

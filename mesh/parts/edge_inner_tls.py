"""How the edge proves itself to services, and they to it."""

import json
from collections.abc import Mapping

from mesh.parts.inner_tls import BALANCER, SERVICES, InnerTls
from services.runtime.peers import EDGE, dns_name

_TYPES = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
_VERSIONS = {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"}


def to_services(inner: InnerTls | None) -> dict[str, str]:
    """The template's values `NAME_TLS`: a line of each cluster, empty without TLS."""
    return {
        f"{name.upper()}_TLS": f"transport_socket: {json.dumps(_to(inner, name))}" if inner else ""
        for name in SERVICES
    }


def from_services(inner: InnerTls | None) -> str:
    """A line of the filter chain at which services come in; empty without TLS."""
    if inner is None:
        return ""
    context = {
        "@type": f"{_TYPES}.DownstreamTlsContext",
        "require_client_certificate": True,
        "common_tls_context": _common(inner, BALANCER, *SERVICES),
    }
    return f"transport_socket: {json.dumps(_socket(context))}"


def _to(inner: InnerTls, service: str) -> Mapping[str, object]:
    return _socket(
        {
            "@type": f"{_TYPES}.UpstreamTlsContext",
            "sni": dns_name(service),
            "common_tls_context": _common(inner, EDGE, service),
        }
    )


def _common(inner: InnerTls, own: str, *others: str) -> Mapping[str, object]:
    """What the edge shows, and whose certificates it takes."""
    return {
        "alpn_protocols": ["h2"],
        "tls_params": _VERSIONS,
        "tls_certificates": [
            {
                "certificate_chain": {"filename": str(inner.certificate(own))},
                "private_key": {"filename": str(inner.key(own))},
            }
        ],
        "validation_context": {
            "trusted_ca": {"filename": str(inner.authority)},
            "match_typed_subject_alt_names": [
                {"san_type": "DNS", "matcher": {"exact": dns_name(other)}} for other in others
            ],
        },
    }


def _socket(context: Mapping[str, object]) -> Mapping[str, object]:
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}

"""How the edge proves itself to services, and they to it.

What it shows and whom it believes Envoy discovers in files (SDS), which name the certificates'
own; it looks at those again when something is moved into their folder, as renewals do.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from mesh.credentials import write_private
from mesh.parts.inner_tls import BALANCER, SERVICES, InnerTls
from services.runtime.peers import EDGE, dns_name

_TYPES = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
_VERSIONS = {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"}
_AUTHORITY = "authority"


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


def write_secrets(inner: InnerTls) -> None:
    """Writes what Envoy discovers, a file for each: no secret itself, but where it is."""
    watched = {"path": str(inner.folder)}
    secrets: dict[str, Mapping[str, object]] = {
        own: {
            "tls_certificate": {
                "certificate_chain": _file(inner.certificate(own)),
                "private_key": _file(inner.key(own)),
                "watched_directory": watched,
            }
        }
        for own in (EDGE, BALANCER)
    }
    secrets[_AUTHORITY] = {
        "validation_context": {"trusted_ca": _file(inner.authority), "watched_directory": watched}
    }
    for name, secret in secrets.items():
        resource = {"@type": f"{_TYPES}.Secret", "name": name, **secret}
        write_private(inner.discovered(name), json.dumps({"resources": [resource]}))


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
    names = [{"san_type": "DNS", "matcher": {"exact": dns_name(other)}} for other in others]
    return {
        "alpn_protocols": ["h2"],
        "tls_params": _VERSIONS,
        "tls_certificate_sds_secret_configs": [_discovered(inner, own)],
        "combined_validation_context": {
            "default_validation_context": {"match_typed_subject_alt_names": names},
            "validation_context_sds_secret_config": _discovered(inner, _AUTHORITY),
        },
    }


def _discovered(inner: InnerTls, name: str) -> Mapping[str, object]:
    source = {
        "path_config_source": {"path": str(inner.discovered(name))},
        "resource_api_version": "V3",
    }
    return {"name": name, "sds_config": source}


def _file(path: Path) -> Mapping[str, str]:
    return {"filename": str(path)}


def _socket(context: Mapping[str, object]) -> Mapping[str, object]:
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}

"""The object store through the edge, so that a page needs no other origin than its own.

Only signed requests pass, under the host that was signed. What users put there is never run as a
part of the page.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mesh.errors import MeshError

_SAID_OF_HOST = ("forwarded", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix")


@dataclass(frozen=True)
class Store:
    """Where the store is, and what its links say."""

    url: str
    """`http://…` or `https://…`, as the edge reaches it."""
    public_url: str
    """As presigned URLs name it."""
    bucket: str
    signed: str = ""
    """The host that signatures cover, if it is not the links' own."""

    @property
    def prefix(self) -> str:
        """Path of everything in the bucket, where links name it in the path."""
        return f"{urlsplit(self.public_url).path.rstrip('/')}/{self.bucket}/"

    @property
    def signed_host(self) -> str:
        """The `host` header that signatures cover."""
        return self.signed or urlsplit(self.public_url).netloc.rpartition("@")[2]


def store_routes(store: Store) -> list[str]:
    """The routes, each a line of a list in YAML (JSON is YAML)."""
    routes = (
        {
            "match": {
                "prefix": store.prefix,
                "headers": [
                    {
                        "name": ":method",
                        "string_match": {"safe_regex": {"regex": "GET|HEAD|PUT"}},
                    }
                ],
                "query_parameters": [{"name": "X-Amz-Signature", "present_match": True}],
            },
            "route": {
                "cluster": "store",
                "host_rewrite_literal": store.signed_host,
                # Large bodies take long, but must move.
                "timeout": "0s",
                "idle_timeout": "60s",
            },
            # The signature is all that counts; a second proof would be refused, and what a proxy in
            # front says of the host is not what was signed.
            "request_headers_to_remove": ["authorization", "cookie", *_SAID_OF_HOST],
            "response_headers_to_add": [
                _set("x-content-type-options", "nosniff"),
                _set("content-security-policy", "default-src 'none'; sandbox"),
                _set("cross-origin-resource-policy", "same-site"),
            ],
        },
        {
            "match": {"prefix": store.prefix},
            "direct_response": {
                "status": 403,
                "body": {"inline_string": "Here only presigned URLs are answered: GET, HEAD, PUT."},
            },
        },
    )
    return [f"- {json.dumps(route)}" for route in routes]


def store_cluster(store: Store) -> str:
    """The cluster, as a value in YAML.

    Raises:
        MeshError: The store's URL cannot be used.
    """
    parts = urlsplit(store.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise MeshError(f"{store.url} is no URL of an object store.", "Correct ARGUS_S3_URL.")
    secure = parts.scheme == "https"
    address = {
        "address": parts.hostname,
        "port_value": parts.port or (443 if secure else 80),
    }
    cluster: dict[str, object] = {
        "name": "store",
        "type": "STRICT_DNS",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": "store",
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": {"socket_address": address}}}]}
            ],
        },
    }
    if secure:
        cluster["transport_socket"] = _tls(parts.hostname)
    return json.dumps(cluster)


def _tls(host: str) -> Mapping[str, object]:
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/"
            "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": host,
            "common_tls_context": {
                "validation_context": {
                    "trusted_ca": {"filename": ssl.get_default_verify_paths().cafile},
                    "match_typed_subject_alt_names": [
                        {"san_type": "DNS", "matcher": {"exact": host}}
                    ],
                }
            },
        },
    }


def _set(key: str, value: str) -> Mapping[str, object]:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }

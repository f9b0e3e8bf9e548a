"""The page as the edge serves it.

Hashed assets come from files; whatever else a browser opens is the one HTML file.
"""

import json
from collections.abc import Mapping
from pathlib import Path

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
ASSETS = "assets"
"""Name of the assets' routes, which tells their errors apart."""

# Paths that are never pages, whatever a browser says that it takes.
_NO_PAGES = r"/(api|assets|images|argus\.[^?]*|grpc\.[^?]*|\.well-known)([/?].*)?"
_CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
# Folder of the variant and what a client must take, the best first.
_VARIANTS = (("br/", "br"), ("gz/", "gzip"), ("", None))
_TYPES = "type.googleapis.com/envoy.extensions.filters.http"


def page_routes(page: Path | None, store_prefix: str) -> list[str]:
    """The routes, each a line of a list in YAML (JSON is YAML); none without a page.

    Args:
        page: Folder that `make web` built.
        store_prefix: Path of the object store's bucket, such as `/images/`.
    """
    if page is None:
        return []
    routes = [*(_assets(page, *variant) for variant in _VARIANTS), _document(page, store_prefix)]
    return [f"- {json.dumps(route)}" for route in routes]


def _assets(page: Path, folder: str, encoding: str | None) -> Mapping[str, object]:
    headers = [_READ]
    if encoding is not None:
        # With `;q=0` it is refused.
        taken = rf"(?i)(.*,)?\s*{encoding}\s*(;\s*q=(1(\.0*)?|0\.0*[1-9][0-9]*)\s*)?(,.*)?"
        headers.append(_header("accept-encoding", taken))
    return {
        "name": ASSETS,
        "match": {"prefix": "/assets/", "headers": headers},
        "route": {"cluster": "nowhere", "cluster_not_found_response_code": "NOT_FOUND"},
        "typed_per_filter_config": {
            "envoy.filters.http.file_server": {
                "@type": f"{_TYPES}.file_server.v3.FileServerConfig",
                # Must be the same everywhere.
                "manager_config": {"thread_pool": {"thread_count": 1}},
                "path_mappings": [
                    {
                        "request_path_prefix": "/assets/",
                        "file_path_prefix": f"{page}/{folder}assets/",
                    }
                ],
                "content_types": _CONTENT_TYPES,
            },
            "envoy.filters.http.header_mutation": {
                "@type": f"{_TYPES}.header_mutation.v3.HeaderMutationPerRoute",
                "mutations": {
                    # If absent: errors have said already that they are not to be kept.
                    "response_mutations": [
                        _absent("cache-control", "public, max-age=31536000, immutable"),
                        _absent("content-encoding", encoding or "identity"),
                        _absent("vary", "accept-encoding"),
                        _absent("x-content-type-options", "nosniff"),
                        # A worker runs under the policy of its own file.
                        _absent("content-security-policy", CONTENT_SECURITY_POLICY),
                    ]
                },
            },
        },
    }


def _document(page: Path, store_prefix: str) -> Mapping[str, object]:
    other = {"name": ":path", "invert_match": True}
    return {
        "match": {
            "prefix": "/",
            "headers": [
                _READ,
                _header("accept", r"(?i).*text/html.*"),
                other | {"string_match": {"safe_regex": {"regex": _NO_PAGES}}},
                other | {"string_match": {"prefix": store_prefix}},
            ],
        },
        "direct_response": {"status": 200, "body": {"filename": f"{page}/index.html"}},
        "response_headers_to_add": [
            _set("content-type", "text/html; charset=utf-8"),
            _set("cache-control", "no-cache"),
            # The same path may be JSON for others.
            _set("vary", "accept"),
            _set("content-security-policy", CONTENT_SECURITY_POLICY),
            _set("x-content-type-options", "nosniff"),
            _set("referrer-policy", "same-origin"),
            _set("cross-origin-opener-policy", "same-origin"),
        ],
    }


def _header(name: str, regex: str) -> dict[str, object]:
    return {"name": name, "string_match": {"safe_regex": {"regex": regex}}}


_READ = _header(":method", "GET|HEAD")


def _set(key: str, value: str) -> Mapping[str, object]:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


def _absent(key: str, value: str) -> Mapping[str, object]:
    header = {"header": {"key": key, "value": value}, "append_action": "ADD_IF_ABSENT"}
    return {"append": header}

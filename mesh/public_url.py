"""The one address at which people reach an installation, as whoever runs it says."""

from urllib.parse import urlsplit

from mesh.errors import MeshError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def public_origin(url: str) -> str:
    """The origin of an installation: scheme, host and port, the last only where it is not usual.

    Args:
        url: What a person wrote, such as `https://argus.example.org/`; empty if nothing.

    Raises:
        MeshError: That is no address of a whole host.
    """
    if not url:
        return ""
    advice = "Write scheme, host and perhaps port, such as https://argus.example.org."
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as error:
        raise MeshError(f"`{url}` is no address: {error}.", advice) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or not parts.netloc.isascii():
        raise MeshError(f"`{url}` is no http or https address.", advice)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise MeshError(
            f"`{url}` is more than an address: Argus needs a host, or a port, of its own.", advice
        )
    return f"{parts.scheme}://{host_of(url.strip())}"


def host_of(url: str) -> str:
    """The `host` that a client sends to this URL: with the port, where it is not usual."""
    parts = urlsplit(url)
    port = parts.port
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    shown = "" if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    return f"{host}{shown}"

"""How people write the address of a mesh."""

SCHEMES = frozenset({"", "http", "https"})


def parsed(server: str) -> tuple[str, bool] | None:
    """What gRPC calls the server, and whether it is to be over TLS; None: that is no address.

    Args:
        server: `host:port`, perhaps with `http://` in front; with `https://` the port may be left
            out, and is 443.
    """
    scheme, _, rest = server.rpartition("://")
    target = rest.rstrip("/")
    if scheme not in SCHEMES or not target or "/" in target:
        return None
    if scheme == "https" and ":" not in target.rpartition("]")[2]:
        target += ":443"
    return target, scheme == "https"

"""HTTP headers of bytes that people made, which a browser must never take for a page of ours."""

SANDBOX = "default-src 'none'; sandbox"
"""Nothing of it runs, loads anything or counts as of our origin."""

Headers = tuple[tuple[str, str], ...]


def download_headers(*, policy: str = SANDBOX) -> Headers:
    """What every download says of itself; as initial metadata, which the edge makes headers of.

    Args:
        policy: What it may load if it is a document; `sandbox` must be in it.
    """
    return (
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", policy),
        ("cross-origin-resource-policy", "same-site"),
    )

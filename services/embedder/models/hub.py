"""Whether the hub that models come from can be reached."""

import logging
import os
import socket

import httpx

OFFLINE = "HF_HUB_OFFLINE"
TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0

_log = logging.getLogger(__name__)


def endpoint() -> str:
    """The hub's address, as `huggingface_hub` takes it from the environment."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def offline() -> bool:
    """Whether only what is on disk is used."""
    return os.environ.get(OFFLINE, "").upper() in {"1", "ON", "YES", "TRUE"}


def go_offline_if_unreachable() -> None:
    """Asks the hub once; if it does not answer, lets its client use only what is on disk.

    The client would ask again for each of a model's possible files, for a
    minute in all. To be called before `huggingface_hub` is first imported.
    """
    socket.setdefaulttimeout(READ_TIMEOUT_S)  # for those who download without a limit of their own
    if offline():
        return
    try:
        httpx.head(endpoint(), timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        _log.warning("%s cannot be reached (%s); using what is on disk", endpoint(), error)
        os.environ[OFFLINE] = "1"


def missing_files(error: Exception) -> str:
    """What a person can do about a model whose files could not be had."""
    if offline():
        why = f"its files are not in the model folder, and {endpoint()} cannot be reached"
    else:
        why = f"{endpoint()} gave no such model ({type(error).__name__}: {str(error)[:300]})"
    return (
        f"{why}. Check its name and the connection. On a machine without a hub use "
        "`local-dir:<folder>` or `<architecture>/<path of a checkpoint>`, or carry over the "
        "folder of a model that was installed elsewhere; `compact` needs no download"
    )

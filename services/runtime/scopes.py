"""What a token that has scopes may call: that of an API key, unlike that of a session.

Each method names the scopes of which one is enough. A method that is not named here needs a
session, so a new one is closed to API keys until somebody decides.
"""

import re
from collections.abc import Mapping

from services.runtime.errors import PermissionDenied
from services.runtime.identity import Identity

READ, WRITE, INSPECT, EMBED = "read", "write", "inspect", "embed"
_ANY = frozenset({READ, WRITE, INSPECT, EMBED})
_READ, _WRITE = frozenset({READ}), frozenset({WRITE})
_INSPECT, _EMBED = frozenset({INSPECT}), frozenset({EMBED})

_IMAGES = "/argus.storage.v1.ImageService/"
_INSPECTION = "/argus.inspection.v1.InspectionService/"

_METHODS: Mapping[str, frozenset[str]] = {
    "/argus.auth.v1.AuthService/GetMe": _ANY,
    "/argus.embedder.v1.EmbedderService/ListModels": _ANY,
    # Services ask for the records of what the caller named, with the caller's token.
    f"{_IMAGES}GetImage": frozenset({READ, WRITE, INSPECT}),
    f"{_IMAGES}BatchGetImages": frozenset({READ, WRITE, INSPECT}),
    # A camera finds the set that it is to be inspected against.
    f"{_INSPECTION}GetReferenceSet": frozenset({READ, INSPECT}),
    f"{_INSPECTION}ListReferenceSets": frozenset({READ, INSPECT}),
    # Whoever may write could let others read.
    f"{_INSPECTION}ShareReferenceSet": frozenset(),
    f"{_INSPECTION}UnshareReferenceSet": frozenset(),
    f"{_INSPECTION}SetResultSink": frozenset(),
    # Only the owner of the key agrees to see something, and is told who asks.
    f"{_INSPECTION}ListShareInvitations": frozenset(),
}

_VERBS: Mapping[str, Mapping[str, frozenset[str]]] = {
    _IMAGES: {
        "Get|List|Watch|Download": _READ,
        "(Batch)?(Create|Update|Delete|Undelete)|Complete|Upload|Import": _WRITE,
    },
    "/argus.storage.v1.RetentionService/": {"List": _READ, "Set|Delete": _WRITE},
    "/argus.storage.v1.VideoService/": {"Get|List": _READ, "Create|Import|Delete": _WRITE},
    "/argus.search.v1.SearchService/": {"Search|Get|Find|Stream": _READ},
    "/argus.search.v1.SavedSearchService/": {
        "Get|List|Watch": _READ,
        "Create|Update|Delete|Mark": _WRITE,
    },
    "/argus.embedder.v1.EmbedderService/": {"Embed|Extract": _EMBED},
    _INSPECTION: {
        "Get|List|Watch|Preview|Export": _READ,
        "Inspect": _INSPECT,
        "Create|Delete|Add|Remove|Calibrate|Train|Compare|Cancel|Use|Set|Submit|Skip|Unskip|Claim"
        "|Release|Test|Retry|Propose|Rename": _WRITE,
    },
    "/argus.installation.v1.InstallationService/": {"Get": _ANY},
}
"""By service and by a method's first word."""


class ScopeMissing(PermissionDenied):
    """The API key does not allow this."""

    reason = "SCOPE_MISSING"


def sufficient_scopes(method: str) -> frozenset[str]:
    """The scopes of which one is enough for a full method; none: it needs a session."""
    named = _METHODS.get(method)
    if named is not None:
        return named
    service, _, name = method.rpartition("/")
    for verbs, scopes in _VERBS.get(service + "/", {}).items():
        if re.match(rf"(?:{verbs})(?![a-z])", name):
            return scopes
    return frozenset()


def require_scope(method: str, caller: Identity) -> None:
    """Passes if the caller has a session, or a scope that is enough for the method.

    Raises:
        ScopeMissing: neither is so.
    """
    if caller.scopes is None:
        return
    sufficient = sufficient_scopes(method)
    if not sufficient:
        raise ScopeMissing("an API key may not do this; sign in")
    if not caller.scopes & sufficient:
        words = " or ".join(sorted(sufficient))
        raise ScopeMissing(
            f"the API key needs the scope {words}",
            metadata={"scopes": " ".join(sorted(sufficient))},
        )

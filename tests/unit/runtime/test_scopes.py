"""What API keys may call: every method of the contract is decided on."""

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from mesh.parts.edge import descriptor_set
from services.runtime.identity import Identity
from services.runtime.scopes import EMBED, INSPECT, READ, WRITE, ScopeMissing, require_scope
from services.runtime.scopes import sufficient_scopes as sufficient

IMAGES = "/argus.storage.v1.ImageService/"
INSPECTION = "/argus.inspection.v1.InspectionService/"

WITH_A_SESSION_ONLY = {
    # Without a token, or for whoever signs in; a key must not make keys or let others in.
    *(
        f"/argus.auth.v1.AuthService/{name}"
        for name in (
            "Register", "Login", "RefreshToken", "ExchangeApiKey", "GetJwks", "IssueServiceToken",
            "Logout", "ListSessions", "RevokeSession", "RevokeOtherSessions", "ChangePassword",
            "CreateApiKey", "ListApiKeys", "RevokeApiKey", "DeleteAccount", "GetAccountDeletion",
        )
    ),
    f"{INSPECTION}ShareReferenceSet",
    f"{INSPECTION}UnshareReferenceSet",
    f"{INSPECTION}SetResultSink",
    # Only the owner of the key agrees to see something, or gives it up.
    f"{INSPECTION}ListShareInvitations",
    f"{INSPECTION}AcceptShareInvitation",
    f"{INSPECTION}DeclineShareInvitation",
    f"{INSPECTION}LeaveReferenceSet",
}  # fmt: skip
NOT_FOR_KEYS = (
    # A key must not let others in.
    "/argus.auth.v1.EmailService/",
    "/argus.auth.v1.SignInService/",
    "/argus.auth.v1.UserService/",
    "/argus.auth.v1.AuditService/",
    "/argus.auth.v1.GroupService/",
    # For operators.
    "/argus.storage.v1.StorageOperatorService/",
    "/argus.search.v1.SearchOperatorService/",
    "/argus.inspection.v1.InspectionOperatorService/",
    # For administrators, for whom no key stands.
    "/argus.search.v1.IndexService/",
    # For services.
    "/argus.auth.v1.OperatorService/",
    "/argus.auth.v1.MembershipService/",
    "/argus.storage.v1.IngestService/",
    "/argus.storage.v1.ArtifactService/",
    "/argus.search.v1.VectorService/",
    "/argus.embedder.v1.NetworkService/",
)


def methods() -> list[str]:
    files = FileDescriptorSet.FromString(descriptor_set().read_bytes())
    return [
        f"/{file.package}.{service.name}/{method.name}"
        for file in files.file
        for service in file.service
        for method in service.method
    ]


@pytest.mark.parametrize("method", methods())
def test_every_method_is_open_to_a_scope_or_says_why_not(method: str) -> None:
    closed = method in WITH_A_SESSION_ONLY or method.startswith(NOT_FOR_KEYS)
    assert (not sufficient(method)) == closed


@pytest.mark.parametrize(
    ("method", "scopes"),
    [
        (f"{IMAGES}ListImages", {READ}),
        (f"{IMAGES}BatchGetImages", {READ, WRITE, INSPECT}),
        (f"{IMAGES}BatchDeleteImages", {WRITE}),
        (f"{IMAGES}UndeleteImage", {WRITE}),
        (f"{IMAGES}DownloadImage", {READ}),
        (f"{INSPECTION}InspectImages", {INSPECT}),
        (f"{INSPECTION}SubmitFeedback", {WRITE}),
        (f"{INSPECTION}GetInspection", {READ}),
        ("/argus.embedder.v1.EmbedderService/EmbedTexts", {EMBED}),
        ("/argus.search.v1.SearchService/SearchImages", {READ}),
        ("/argus.auth.v1.AuthService/GetMe", {READ, WRITE, INSPECT, EMBED}),
        # New ones are closed until somebody decides.
        (f"{IMAGES}Getaway", set()),
        (f"{IMAGES}TransferImage", set()),
        ("/argus.other.v1.OtherService/GetThing", set()),
        ("", set()),
    ],
)
def test_which_scopes_are_enough(method: str, scopes: set[str]) -> None:
    assert sufficient(method) == scopes


def test_a_session_may_do_everything_and_a_key_what_its_scopes_say() -> None:
    person = Identity("ada", "s", "", "token")
    camera = Identity("ada", "k", "", "token", frozenset({INSPECT}))
    nothing = Identity("ada", "k", "", "token", frozenset())

    require_scope(f"{IMAGES}DeleteImage", person)
    require_scope(f"{INSPECTION}Inspect", camera)
    with pytest.raises(ScopeMissing) as refused:
        require_scope(f"{IMAGES}DeleteImage", camera)
    assert refused.value.metadata == {"scopes": WRITE}
    with pytest.raises(ScopeMissing):
        require_scope("/argus.auth.v1.AuthService/CreateApiKey", camera)
    with pytest.raises(ScopeMissing):
        require_scope("/argus.auth.v1.AuthService/GetMe", nothing)

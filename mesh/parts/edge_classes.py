"""What a call of each method costs, and who may make it without a token.

The edge's limits are by these classes. A method that none names costs what reading does.
"""

from collections.abc import Mapping

READ = "read"
AUTH = "auth"
HEALTH = "health"

_INSPECTION = "/argus.inspection.v1.InspectionService/"
_STORAGE = "/argus.storage.v1.ImageService/"
_EMBEDDER = "/argus.embedder.v1.EmbedderService/"
_AUTH = "/argus.auth.v1.AuthService/"
_SEARCH = "/argus.search.v1.SearchService/"

_METHODS: Mapping[tuple[str, str], str] = {
    (AUTH, _AUTH): "Register Login RefreshToken Logout IssueServiceToken",
    ("upload", _STORAGE): "CreateUpload BatchCreateUploads CompleteUpload",
    ("write", _STORAGE): """
        UpdateImage BatchUpdateLabels DeleteImage BatchDeleteImages UndeleteImage
        BatchUndeleteImages
    """,
    ("download", _STORAGE): "DownloadImage GetThumbnail",
    ("watch", _STORAGE): "WatchImages",
    ("embed", _EMBEDDER): "EmbedImage EmbedImages EmbedImageBatches EmbedTexts ExtractPatches",
    ("search", _SEARCH): "SearchImages GetMap",
    ("inspect", _INSPECTION): "Inspect InspectImages InspectStored",
    ("train", _INSPECTION): "CalibrateReferenceSet TrainHead CompareVersions",
    ("watch", _INSPECTION): "WatchJob",
    ("download", _INSPECTION): "ExportFeedback",
    ("write", _INSPECTION): """
        CreateReferenceSet DeleteReferenceSet ShareReferenceSet UnshareReferenceSet
        AddReferenceImages RemoveReferenceImages CancelJob UseVersion DeleteVersion SetThreshold
        SubmitFeedback DeleteFeedback SkipReviewItem UnskipReviewItem ClaimReviewItems
        ReleaseReviewItems
    """,
}
_BY_METHOD = {
    service + name: cost for (cost, service), names in _METHODS.items() for name in names.split()
}
_WITHOUT_TOKEN = {_AUTH + name for name in ("Register", "Login", "RefreshToken", "GetJwks")}
_OF_GRPC = "/grpc."


def cost_class(method: str) -> str:
    """The class of a method, such as `/argus.search.v1.SearchService/SearchImages`."""
    return HEALTH if method.startswith(_OF_GRPC) else _BY_METHOD.get(method, READ)


def needs_no_token(method: str) -> bool:
    """Whether anybody may call it."""
    return method.startswith(_OF_GRPC) or method in _WITHOUT_TOKEN

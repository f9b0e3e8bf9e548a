"""Text in requests: what harms a terminal, a log, a table or a page is refused wherever it is kept.

Constraints of the contract refuse it, whatever they are written as. A field that takes it has its
reason here; a new one without either fails.
"""

from collections.abc import Iterator
from typing import Any

import protovalidate
import pytest
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2
from argus.storage.v1 import image_pb2
from argus.type.v1 import geometry_pb2
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.runtime.text import is_blank
from tests.support.contract import methods

TAKEN = {
    # Hashed before anything is asked or kept.
    "argus.auth.v1.RegisterRequest.password",
    "argus.auth.v1.LoginRequest.password",
    "argus.auth.v1.ChangePasswordRequest.old_password",
    "argus.auth.v1.ChangePasswordRequest.new_password",
    "argus.auth.v1.DeleteAccountRequest.password",
    "argus.auth.v1.ResetPasswordRequest.token",
    "argus.auth.v1.ResetPasswordRequest.new_password",
    "argus.auth.v1.RequestEmailChangeRequest.password",
    "argus.auth.v1.ConfirmEmailRequest.token",
    "argus.auth.v1.ExchangeApiKeyRequest.secret",
    "argus.auth.v1.RefreshTokenRequest.refresh_token",
    "argus.auth.v1.IssueServiceTokenRequest.secret",
    "argus.auth.v1.BeginIdentityLinkRequest.password",
    "argus.auth.v1.CompleteSignInRequest.state",
    "argus.auth.v1.CompleteSignInRequest.secret",
    "argus.auth.v1.CompleteIdentityLinkRequest.state",
    "argus.auth.v1.CompleteIdentityLinkRequest.secret",
    # Goes to the provider that gave it, encoded as part of a form.
    "argus.auth.v1.CompleteSignInRequest.code",
    "argus.auth.v1.CompleteIdentityLinkRequest.code",
    # Dropped from the name before it is kept.
    "argus.storage.v1.CreateUploadRequest.filename",
    "argus.storage.v1.Image.filename",
    "argus.storage.v1.UploadSpec.filename",
    "argus.storage.v1.CreateVideoUploadRequest.filename",
    # Read by us, and refused with a reason of its own.
    "argus.storage.v1.ListImagesRequest.filter",
    "argus.storage.v1.ListImageMonthsRequest.filter",
    "argus.storage.v1.DeleteImagesByFilterRequest.filter",
    "argus.search.v1.SearchImagesRequest.filter",
    "argus.search.v1.GetMapRequest.filter",
    "argus.search.v1.FindDuplicatesRequest.filter",
    # Tokenized, never kept; a blank to a tokenizer.
    "argus.search.v1.SearchImagesRequest.text",
    "argus.search.v1.Example.text",
    "argus.embedder.v1.EmbedTextRequest.text",
    "argus.embedder.v1.EmbedTextsRequest.text",
    "argus.inspection.v1.ZeroShot.object",
    "argus.inspection.v1.ZeroShot.normal_texts",
    "argus.inspection.v1.ZeroShot.defect_texts",
    # Compared with the few that there are.
    "argus.storage.v1.CreateUploadRequest.content_type",
    "argus.storage.v1.UploadSpec.content_type",
    "argus.storage.v1.CreateVideoUploadRequest.content_type",
    "argus.search.v1.StartReindexRequest.model",
    "argus.storage.v1.ListImageMonthsRequest.time_zone",
    "argus.storage.v1.Image.etag",
    "argus.embedder.v1.EmbedImageRequest.model",
    "argus.embedder.v1.EmbedImagesRequest.model",
    "argus.embedder.v1.EmbedTextRequest.model",
    "argus.embedder.v1.EmbedTextsRequest.model",
    "argus.embedder.v1.ExtractPatchesRequest.model",
    "argus.embedder.v1.ExportPatchNetworkRequest.model",
    "argus.inspection.v1.ZeroShot.model",
    # Compared with the one that there is.
    "argus.auth.v1.CompleteSignInRequest.iss",
    "argus.auth.v1.CompleteIdentityLinkRequest.iss",
    "argus.search.v1.GetMapRequest.if_version",
    # From one of our services to another; the index knows no such model.
    "argus.search.v1.Space.model",
    "argus.search.v1.Space.model_version",
    # Output only: ignored in what a client sends.
    "argus.storage.v1.Image.user_id",
    "argus.storage.v1.Image.content_type",
    "argus.storage.v1.Image.sha256",
    "argus.storage.v1.Image.phash",
    "argus.storage.v1.Image.content_url",
    "argus.storage.v1.Image.thumbnail_url",
    "argus.storage.v1.Image.preview_url",
    "argus.storage.v1.Image.display_url",
    "argus.storage.v1.Capture.camera",
    "argus.storage.v1.Capture.lens",
    "argus.storage.v1.VideoPlace.video_id",
    "argus.storage.v1.VideoPlace.filename",
    "argus.storage.v1.ImageFailure.reason",
    "argus.storage.v1.ImageFailure.message",
    "argus.inspection.v1.ResultSink.RedisStream.key",
    "argus.inspection.v1.ResultSink.last_problem",
    # Come back with the answer, and go nowhere else.
    "argus.storage.v1.ImportImagesRequest.item_id",
    "argus.embedder.v1.EmbedImagesRequest.item_id",
    "argus.embedder.v1.EmbedTextsRequest.item_id",
    "argus.embedder.v1.ExtractPatchesRequest.item_id",
    "argus.inspection.v1.InspectImagesRequest.item_id",
}
TAKEN_EVERYWHERE = {
    # Decoded by us, and refused with a reason of its own.
    "page_token",
    "after_cursor",
    "cursor",
}


def texts_of(message: Descriptor, seen: set[str]) -> Iterator[FieldDescriptor]:
    """String fields of a message and of the messages in it; a map's keys and values are fields."""
    if message.full_name in seen or message.full_name.startswith("google."):
        return
    seen.add(message.full_name)
    for field in message.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield field
        elif field.message_type is not None:
            if field.message_type.GetOptions().map_entry:
                yield field
            else:
                yield from texts_of(field.message_type, seen)


def texts() -> list[FieldDescriptor]:
    """Every string field that a request of the contract can have."""
    seen: set[str] = set()
    return [field for method in methods() for field in texts_of(method.input_type, seen)]


HARMFUL = ("\0", "\x07", "\x1b", "\x7f", "\x9b", "\u202a", "\u202e", "\u2066", "\ufeff")
"""NUL, which PostgreSQL cannot keep; what terminals obey; what reorders or hides others."""
BREAKS = ("\n", "\r", "\t")
IN_LINES = {
    "argus.inspection.v1.SubmitFeedbackRequest.note",
    "argus.storage.v1.CreateUploadRequest.note",
    "argus.storage.v1.UploadSpec.note",
    "argus.storage.v1.Image.note",
}
"""Texts of more than one line."""


def refuses(field: FieldDescriptor, key: str, value: str) -> bool:
    """Whether a message is refused because of this text in this field."""
    owner: Any = field.containing_type
    message: Any = message_factory.GetMessageClass(owner)()
    if field.message_type is not None:
        getattr(message, field.name)[key] = value
    elif field.is_repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)
    return any(
        violation.proto.field.elements[0].field_name == field.name
        for violation in protovalidate.collect_violations(message)
        if violation.proto.field is not None and violation.proto.field.elements
    )


@pytest.mark.parametrize("field", texts(), ids=lambda field: field.full_name)
def test_what_harms_is_refused_wherever_it_would_be_kept(field: FieldDescriptor) -> None:
    taken = field.full_name in TAKEN or field.name in TAKEN_EVERYWHERE
    for character in (*HARMFUL, *BREAKS):
        fine = taken or (character in BREAKS and field.full_name in IN_LINES)
        bad = f"a{character}b"
        if field.message_type is not None:
            values = field.message_type.fields_by_name["value"]
            assert refuses(field, bad, "fine") != fine
            if values.type == FieldDescriptor.TYPE_STRING:
                assert refuses(field, "fine", bad) != fine
        else:
            # As long as the shortest that would pass.
            assert refuses(field, "", "0123456789abcdef" + character) != fine, ascii(character)


HARMLESS = (
    "line 3 ",
    "Plättchen",
    "می\u200cخواهم",
    "👨\u200d👩\u200d👧",
    "א\u200fב",
    "\u2764\ufe0f",
    "🏴\U000e0067\U000e0062\U000e007f",
)
"""Every script, with what joins and selects its characters."""
WRITTEN = (
    auth_pb2.RegisterRequest.DESCRIPTOR.fields_by_name["display_name"],
    inspection_pb2.CreateReferenceSetRequest.DESCRIPTOR.fields_by_name["display_name"],
    inspection_pb2.SubmitFeedbackRequest.DESCRIPTOR.fields_by_name["note"],
    inspection_pb2.SubmitFeedbackRequest.DESCRIPTOR.fields_by_name["label"],
    image_pb2.CreateUploadRequest.DESCRIPTOR.fields_by_name["filename"],
    image_pb2.CreateUploadRequest.DESCRIPTOR.fields_by_name["labels"],
    image_pb2.CreateUploadRequest.DESCRIPTOR.fields_by_name["note"],
    image_pb2.BatchUpdateLabelsRequest.DESCRIPTOR.fields_by_name["set"],
)


@pytest.mark.parametrize("field", WRITTEN, ids=lambda field: field.full_name)
@pytest.mark.parametrize("text", HARMLESS, ids=ascii)
def test_people_write_in_any_script(field: FieldDescriptor, text: str) -> None:
    assert not refuses(field, "fine", text)


NAMES = (
    auth_pb2.RegisterRequest(email="a@example.org", password="a long password"),
    inspection_pb2.CreateReferenceSetRequest(),
)


@pytest.mark.parametrize("message", NAMES, ids=lambda message: type(message).__name__)
def test_a_name_can_be_read(message: Any) -> None:
    def refused(name: str) -> bool:
        message.display_name = name
        violations = protovalidate.collect_violations(message)
        at_fault: list[Any] = [one.proto.field for one in violations]
        assert all(path.elements[0].field_name == "display_name" for path in at_fault)
        return bool(violations)

    for good in ("tiles", *HARMLESS):
        assert not refused(good), ascii(good)
    for bad in ("\u202etac", "a\u2066b", "a\0b", "a\nb", "a\u2028b", "\x1b[31mred"):
        assert refused(bad), ascii(bad)
    for code in range(0x10FFFF):
        if is_blank(chr(code)) and not 0xD800 <= code < 0xE000:
            assert refused(chr(code)), hex(code)


@pytest.mark.parametrize(
    ("edges", "fine"),
    [
        ((0.1, 0.1, 0.2, 0.2), True),
        ((0, 0, 1, 1), True),
        ((0.1, 0.1, 0.1, 0.2), False),
        ((0.1, 0.2, 0.2, 0.2), False),
        ((0.2, 0.1, 0.1, 0.2), False),
        ((0.1, 0.2, 0.2, 0.1), False),
        ((0, 0, 0, 0), False),
        ((float("nan"), 0, 1, 1), False),
    ],
)
def test_a_region_has_an_area(edges: tuple[float, float, float, float], fine: bool) -> None:
    left, top, right, bottom = edges
    region = geometry_pb2.Box(left=left, top=top, right=right, bottom=bottom)
    message = inspection_pb2.SubmitFeedbackRequest(action="COMMENT", region=region)
    assert (not protovalidate.collect_violations(message)) == fine


def test_what_takes_a_nul_is_still_there() -> None:
    assert {field.full_name for field in texts()} >= TAKEN

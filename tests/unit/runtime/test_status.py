"""An error is the same behind one hop as behind two."""

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from services.runtime import errors
from services.runtime.status import code_of, from_status, to_status

HIDDEN = {grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN}
CODES = [code for code in grpc.StatusCode if code not in HIDDEN]


def status(code: grpc.StatusCode) -> status_pb2.Status:
    """A status with all that an error may carry."""
    details = []
    for message in (
        error_details_pb2.ErrorInfo(
            reason="A_REASON", domain="argus.internal", metadata={"limit": "3"}
        ),
        error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field=field, description=text)
                for field, text in (("labels", "too many"), ('labels["a"]', "too long"))
            ]
        ),
        error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1, nanos=500)),
    ):
        packed = any_pb2.Any()
        packed.Pack(message)
        details.append(packed)
    number: int = code.value[0]
    return status_pb2.Status(code=number, message="what to do", details=details)


@pytest.mark.parametrize("code", CODES)
def test_a_peers_error_survives_a_hop(code: grpc.StatusCode) -> None:
    sent = status(code)
    error = from_status(sent)
    assert code_of(error) is code
    assert to_status(error) == sent


@pytest.mark.parametrize("code", CODES)
def test_a_status_without_details_keeps_its_code_and_gets_its_reason(code: grpc.StatusCode) -> None:
    number: int = code.value[0]
    error = from_status(status_pb2.Status(code=number, message="words"))
    assert (code_of(error), error.message) == (code, "words")
    assert to_status(error).code == number


def test_what_a_peer_cannot_explain_is_internal() -> None:
    error = from_status(status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message="x"))
    assert code_of(error) is grpc.StatusCode.INTERNAL


def test_broken_constraints_survive_as_what_they_are() -> None:
    sent = errors.InvalidRequest([("a", "is missing"), ("b.c", "is too long")])
    assert to_status(from_status(to_status(sent))) == to_status(sent)


def test_an_error_about_one_field_says_so_again() -> None:
    error = from_status(to_status(errors.InvalidInput("too long", field="name")))
    assert (error.field, error.violations) == ("name", (("name", "too long"),))

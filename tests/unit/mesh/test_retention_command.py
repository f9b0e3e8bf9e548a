"""`argus retention`: what is asked of the mesh, and what a person is asked and told."""

import json

import pytest
from argus.storage.v1 import retention_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

TRIAL = retention_pb2.RetentionRule(
    retention_rule_id="6d1ff26d-0000-4000-8000-000000000001",
    label_key="batch",
    label_value="trial",
    keep_days=30,
    image_count=1200,
    due_count=2,
    trashed_count=40,
    last_trash_time=Timestamp(seconds=1_780_000_000),
)


def test_who_has_no_rule_is_told_that_nothing_goes(argus: Argus) -> None:
    result = argus("retention", "list")
    assert result.exit_code == 0
    assert "no image goes by itself" in result.stdout


def test_rules_are_listed_with_what_they_hold_for(fake: FakeMesh, argus: Argus) -> None:
    fake.retention.rules = [TRIAL]
    table = argus("retention", "list").stdout
    for words in ("batch=trial", "30 days", "1,200", "40", TRIAL.retention_rule_id):
        assert words in table
    [told] = json.loads(argus("retention", "list", "--json").stdout)
    assert (told["labelKey"], told["keepDays"], told["trashedCount"]) == ("batch", 30, "40")


def test_a_rule_that_takes_nothing_at_once_is_set_without_asking(
    fake: FakeMesh, argus: Argus
) -> None:
    result = argus("retention", "set", "batch=trial=2", "--days", "1")
    assert result.exit_code == 0, result.output
    assert "batch=trial=2 go to the trash 1 day after" in result.stdout
    [rule] = fake.retention.rules
    assert (rule.label_key, rule.label_value, rule.keep_days) == ("batch", "trial=2", 1)


def test_a_rule_for_any_value_names_the_key_alone(fake: FakeMesh, argus: Argus) -> None:
    argus("retention", "set", "batch", "--days", "7")
    [rule] = fake.retention.rules
    assert not rule.HasField("label_value")
    argus("retention", "set", "batch=", "--days", "7")
    assert fake.retention.rules[1].HasField("label_value"), "of the empty value alone"


@pytest.mark.parametrize(("typed", "is_set"), [("n\n", False), ("y\n", True)])
def test_where_images_would_go_at_once_it_asks(
    fake: FakeMesh, argus: Argus, typed: str, is_set: bool
) -> None:
    fake.retention.due = 3
    result = argus("retention", "set", "batch=trial", "--days", "1", typed=typed)
    assert "3 images of 10 with this label would go to the trash at once" in result.output
    assert (result.exit_code, bool(fake.retention.rules)) == (0 if is_set else 1, is_set)


def test_it_does_not_ask_whoever_says_yes_before(fake: FakeMesh, argus: Argus) -> None:
    fake.retention.due = 3
    assert argus("retention", "set", "batch", "--days", "1", "--yes").exit_code == 0
    assert len(fake.retention.rules) == 1


@pytest.mark.parametrize("label", ["Batch", "=x", "", "a b=c"])
def test_what_is_no_label_is_refused(fake: FakeMesh, argus: Argus, label: str) -> None:
    with pytest.raises(MeshError, match="label"):
        argus("retention", "set", label, "--days", "1")
    assert not fake.retention.rules


@pytest.mark.parametrize("days", ["0", "36501", "soon"])
def test_what_are_no_days_is_refused(fake: FakeMesh, argus: Argus, days: str) -> None:
    assert argus("retention", "set", "batch", "--days", days).exit_code == 2
    assert not fake.retention.rules


@pytest.mark.parametrize("named", ["batch=trial", TRIAL.retention_rule_id])
def test_a_rule_is_deleted_by_its_label_or_id(fake: FakeMesh, argus: Argus, named: str) -> None:
    fake.retention.rules = [TRIAL]
    result = argus("retention", "delete", named)
    assert result.exit_code == 0, result.output
    assert "batch=trial stay" in result.stdout
    assert not fake.retention.rules


def test_what_is_no_rule_is_not_deleted(fake: FakeMesh, argus: Argus) -> None:
    fake.retention.rules = [TRIAL]
    with pytest.raises(MeshError, match="no retention rule for `batch`"):
        argus("retention", "delete", "batch")
    assert fake.retention.rules == [TRIAL]

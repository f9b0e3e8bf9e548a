"""What a person does with retention rules."""

from argus.storage.v1 import retention_pb2

from mesh.client.connection import PATIENCE_S, Connection
from mesh.client.names import printable
from mesh.errors import MeshError

Rule = retention_pb2.RetentionRule


async def list_rules(connection: Connection) -> list[Rule]:
    """All rules, by their labels."""
    request = retention_pb2.ListRetentionRulesRequest()
    answer = await connection.call(
        connection.retention.ListRetentionRules, request, patience_s=PATIENCE_S
    )
    return list(answer.retention_rules)


async def set_rule(
    connection: Connection, key: str, value: str | None, keep_days: int, *, validate_only: bool
) -> Rule:
    """Sets the rule of a label, or only says what it would hold for."""
    request = retention_pb2.SetRetentionRuleRequest(
        label_key=key, label_value=value, keep_days=keep_days, validate_only=validate_only
    )
    return await connection.call(
        connection.retention.SetRetentionRule, request, patience_s=PATIENCE_S
    )


async def delete_rule(connection: Connection, rule: str) -> Rule:
    """Deletes a rule by its id or its label; what it was.

    Raises:
        MeshError: There is no such rule.
    """
    for one in await list_rules(connection):
        if rule in {one.retention_rule_id, label_of(one)}:
            request = retention_pb2.DeleteRetentionRuleRequest(
                retention_rule_id=one.retention_rule_id
            )
            await connection.call(connection.retention.DeleteRetentionRule, request)
            return one
    raise MeshError(
        f"You have no retention rule for `{printable(rule)}`.",
        "`argus retention list` shows those that there are.",
    )


def label_of(rule: Rule) -> str:
    """A rule's label as the command line takes it: `key=value`, or `key` for any value."""
    if not rule.HasField("label_value"):
        return rule.label_key
    return f"{rule.label_key}={rule.label_value}"

"""RetentionService: translate, call, translate."""

from typing import Any
from uuid import UUID

import grpc
from argus.storage.v1 import retention_pb2, retention_pb2_grpc

from services.runtime.identity import require_user
from services.runtime.text import kept_label
from services.storage.retention import Retention, RetentionRule, RuleCounts

Context = grpc.aio.ServicerContext[Any, Any]


class RetentionServicer(retention_pb2_grpc.RetentionServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention

    async def ListRetentionRules(
        self, request: retention_pb2.ListRetentionRulesRequest, context: Context
    ) -> retention_pb2.ListRetentionRulesResponse:
        found = await self._retention.listed(_caller())
        return retention_pb2.ListRetentionRulesResponse(
            retention_rules=[rule_message(rule, counts) for rule, counts in found]
        )

    async def SetRetentionRule(
        self, request: retention_pb2.SetRetentionRuleRequest, context: Context
    ) -> retention_pb2.RetentionRule:
        value = kept_label(request.label_value) if request.HasField("label_value") else None
        asked = (_caller(), request.label_key, value, request.keep_days)
        if not request.validate_only:
            return rule_message(*await self._retention.put(*asked))
        there, rule, counts = await self._retention.preview(*asked)
        message = rule_message(rule, counts)
        if there is None:
            for field in ("retention_rule_id", "create_time", "update_time"):
                message.ClearField(field)
        return message

    async def DeleteRetentionRule(
        self, request: retention_pb2.DeleteRetentionRuleRequest, context: Context
    ) -> retention_pb2.DeleteRetentionRuleResponse:
        await self._retention.remove(_caller(), UUID(request.retention_rule_id))
        return retention_pb2.DeleteRetentionRuleResponse()


def rule_message(rule: RetentionRule, counts: RuleCounts) -> retention_pb2.RetentionRule:
    """A rule, and what it holds for."""
    return retention_pb2.RetentionRule(
        retention_rule_id=str(rule.rule_id),
        label_key=rule.label_key,
        label_value=rule.label_value,
        keep_days=rule.keep_days,
        create_time=rule.created_at,
        update_time=rule.updated_at,
        image_count=counts.images,
        due_count=counts.due,
        trashed_count=rule.trashed,
        last_trash_time=rule.trashed_at,
    )


def _caller() -> UUID:
    return UUID(require_user().user_id)

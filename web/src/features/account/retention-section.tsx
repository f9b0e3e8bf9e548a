/** Rules by which images with a label go to the trash by themselves. */
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { Role } from "@/gen/argus/policy/v1/policy_pb.js";
import { RetentionService, type RetentionRule } from "@/gen/argus/storage/v1/retention_pb.js";
import { countOf } from "@/lib/numbers";
import { formatRelative, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { RetentionDialog } from "./retention-dialog";
import { afterWords, labelWords } from "./retention-words";
import { Section } from "./section";

export function RetentionSection() {
  const client = useQueryClient();
  const query = useQuery(RetentionService.method.listRetentionRules);
  const may = useQuery(AuthService.method.getMe).data?.role !== Role.VIEWER;
  const [adding, setAdding] = useState(false);
  const changed = (): void => {
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: RetentionService.method.listRetentionRules, cardinality: "finite" }) });
  };
  const set = useMutation(RetentionService.method.setRetentionRule, { onSettled: changed });
  const remove = useMutation(RetentionService.method.deleteRetentionRule, { onSettled: changed });
  const removeRule = (rule: RetentionRule): void => {
    remove.mutate(
      { retentionRuleId: rule.retentionRuleId },
      {
        onSuccess: () => {
          toast(`Images with ${labelWords(rule)} stay`, {
            action: {
              label: "Undo",
              run: () => set.mutate({ labelKey: rule.labelKey, labelValue: rule.labelValue, keepDays: rule.keepDays }),
            },
          });
        },
      },
    );
  };
  const rules = query.data?.retentionRules ?? [];
  return (
    <Section
      title="Retention"
      lead="Images with a label go to the trash by themselves, so many days after they were created."
      actions={may && <Button onClick={() => setAdding(true)}>New rule</Button>}
    >
      {query.isPending && <Skeleton className="h-16" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && rules.length === 0 && <p className="text-sm text-ink-faint">You have no rule: no image goes by itself.</p>}
      {rules.length > 0 && (
        <ul aria-label="Retention rules" className="flex flex-col">
          {rules.map((rule) => (
            <RuleRow
              key={rule.retentionRuleId}
              rule={rule}
              busy={remove.isPending && remove.variables.retentionRuleId === rule.retentionRuleId}
              onRemove={may ? () => removeRule(rule) : undefined}
            />
          ))}
        </ul>
      )}
      {adding && <RetentionDialog onClose={() => setAdding(false)} onSet={changed} />}
    </Section>
  );
}

function RuleRow({ rule, busy, onRemove }: { rule: RetentionRule; busy: boolean; onRemove: (() => void) | undefined }) {
  const last = toDate(rule.lastTrashTime);
  return (
    <li className="flex items-center justify-between gap-4 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-col">
        <span className="text-base [overflow-wrap:anywhere]">
          {labelWords(rule)} <span className="text-ink-soft">{afterWords(rule)}</span>
        </span>
        <span className="text-sm text-ink-faint">
          {countOf(rule.imageCount, "image")} now
          {rule.trashedCount > 0n && ` · ${countOf(rule.trashedCount, "image")} went to the trash so far`}
          {last && `, last ${formatRelative(last)}`}
        </span>
      </div>
      {onRemove && (
        <Button busy={busy} onClick={onRemove} aria-label={`Delete the rule of ${labelWords(rule)}`}>
          Delete
        </Button>
      )}
    </li>
  );
}

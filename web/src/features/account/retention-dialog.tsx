/** A new retention rule: which label, after how many days, and what goes at once. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { RetentionService } from "@/gen/argus/storage/v1/retention_pb.js";
import { explain } from "@/lib/errors";
import { isLabelKey } from "@/lib/label-key";
import { FormDialog } from "@/ui/form-dialog";
import { Checkbox, TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { afterWords, labelWords, previewWords } from "./retention-words";

const LONGEST_VALUE = 255;
const MOST_DAYS = 36_500;

export function RetentionDialog({ onClose, onSet }: { onClose: () => void; onSet: () => void }) {
  const [labelKey, setKey] = useState("");
  const [value, setValue] = useState("");
  const [anyValue, setAnyValue] = useState(false);
  const [days, setDays] = useState("30");
  const look = useMutation(RetentionService.method.setRetentionRule, { meta: { handled: true } });
  const set = useMutation(RetentionService.method.setRetentionRule, {
    meta: { handled: true },
    onSuccess: (rule) => {
      toast(`Images with ${labelWords(rule)} go to the trash ${afterWords(rule)}`, { tone: "success" });
      onSet();
      onClose();
    },
  });
  const keepDays = Number(days);
  const whole = Number.isInteger(keepDays) && keepDays >= 1 && keepDays <= MOST_DAYS;
  const rule = { labelKey: labelKey.trim(), labelValue: anyValue ? undefined : value, keepDays };
  const wrong = set.error ?? look.error;
  const fields = wrong ? explain(wrong).fields : {};
  const keyWrong = labelKey !== "" && !isLabelKey(labelKey.trim()) ? "Small letters first, then also digits, _ - and ." : fields["label_key"];
  /** What was told no longer holds. */
  const change = <T,>(setter: (value: T) => void) => (next: T): void => {
    setter(next);
    look.reset();
    set.reset();
  };
  return (
    <FormDialog
      title="New rule"
      onClose={onClose}
      submit={look.data ? "Set the rule" : "See what would go"}
      danger={look.data !== undefined && look.data.dueCount > 0n}
      busy={look.isPending || set.isPending}
      incomplete={!isLabelKey(labelKey.trim()) || !whole}
      onSubmit={() => {
        if (look.data) set.mutate(rule);
        else look.mutate({ ...rule, validateOnly: true });
      }}
    >
      <TextField label="Label" value={labelKey} required placeholder="batch" error={keyWrong} onChange={(event) => change(setKey)(event.target.value)} />
      <Checkbox label="Whatever its value is" checked={anyValue} onChange={(event) => change(setAnyValue)(event.target.checked)} />
      {!anyValue && (
        <TextField
          label="Value"
          value={value}
          maxLength={LONGEST_VALUE}
          placeholder="trial"
          error={fields["label_value"]}
          onChange={(event) => change(setValue)(event.target.value)}
        />
      )}
      <TextField
        label="Days"
        type="number"
        inputMode="numeric"
        min={1}
        max={MOST_DAYS}
        step={1}
        required
        value={days}
        hint="From when an image was created, not from when it got the label."
        error={fields["keep_days"]}
        onChange={(event) => change(setDays)(event.target.value)}
      />
      <div role="status">{look.data && <p className="text-sm font-medium">{previewWords(look.data)}</p>}</div>
      {Object.keys(fields).length === 0 && <ErrorNote error={wrong} />}
    </FormDialog>
  );
}

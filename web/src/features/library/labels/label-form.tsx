/** A key and a value, with those that are in use as suggestions. */
import { type SubmitEvent, useId, useState } from "react";

import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

import { keyProblem, tidyKey } from "./label-rules";
import { useLabels } from "./use-labels";

export function LabelForm({ onAdd, onCancel, focus = true }: { onAdd: (key: string, value: string) => void; onCancel?: () => void; focus?: boolean }) {
  const labels = useLabels();
  const id = useId();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [problem, setProblem] = useState<string>();
  const values = labels.find((each) => each.key === tidyKey(key))?.values ?? [];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wrong = keyProblem(tidyKey(key));
    setProblem(wrong);
    if (wrong) return;
    onAdd(tidyKey(key), value.trim());
    setKey("");
    setValue("");
  };
  return (
    <form onSubmit={submit} className="flex w-full items-start gap-2">
      <div className="min-w-0 flex-1">
        <TextField
          label="Label"
          hideLabel
          size="sm"
          placeholder="Label, such as line"
          autoComplete="off"
          maxLength={63}
          list={`${id}-keys`}
          // It was opened to be filled in.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={focus}
          value={key}
          error={problem}
          onChange={(event) => {
            setKey(event.target.value);
            setProblem(undefined);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape" && onCancel) {
              event.stopPropagation();
              onCancel();
            }
          }}
        />
        <datalist id={`${id}-keys`}>
          {labels.map((each) => (
            <option key={each.key} value={each.key} />
          ))}
        </datalist>
      </div>
      <div className="min-w-0 flex-1">
        <TextField
          label="Value"
          hideLabel
          size="sm"
          placeholder="Value, such as 3"
          autoComplete="off"
          maxLength={255}
          list={`${id}-values`}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
        <datalist id={`${id}-values`}>
          {values.map((each) => (
            <option key={each.value} value={each.value} />
          ))}
        </datalist>
      </div>
      <Button type="submit">Add</Button>
    </form>
  );
}

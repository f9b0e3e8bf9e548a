/** Labels for many images: some to set, some to take away. */
import { useState } from "react";

import { countOf } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Dialog } from "@/ui/dialog";

import type { LabelChange } from "../images/library";
import { LabelForm } from "../labels/label-form";
import { useLabels } from "../labels/use-labels";

export interface LabelDialogProps {
  count: number;
  onClose: () => void;
  onApply: (change: LabelChange) => Promise<void>;
}

export function LabelDialog({ count, onClose, onApply }: LabelDialogProps) {
  const known = useLabels();
  const [set, setSet] = useState<Readonly<Record<string, string>>>({});
  const [remove, setRemove] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const nothing = Object.keys(set).length === 0 && remove.length === 0;
  const apply = async (): Promise<void> => {
    setBusy(true);
    await onApply({ set, remove });
    setBusy(false);
  };
  const without = (key: string): Record<string, string> => Object.fromEntries(Object.entries(set).filter(([each]) => each !== key));
  return (
    <Dialog
      title={`Label ${countOf(count, "image")}`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={busy} disabled={nothing} onClick={() => void apply()}>
            Apply
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <LabelForm
          onAdd={(key, value) => {
            setSet({ ...set, [key]: value });
            setRemove(remove.filter((each) => each !== key));
          }}
        />
        {Object.keys(set).length > 0 && (
          <div role="group" aria-label="To set" className="flex flex-wrap gap-1.5">
            {Object.entries(set).map(([key, value]) => (
              <Chip key={key} tone="accent" onRemove={() => setSet(without(key))} removeLabel={`Do not set ${key}`}>
                {value === "" ? key : `${key}: ${value}`}
              </Chip>
            ))}
          </div>
        )}
        {known.length > 0 && (
          <div role="group" aria-label="Take away" className="flex flex-col gap-2">
            <h3 className="text-sm font-medium">Take away</h3>
            <div className="flex flex-wrap gap-1.5">
              {known.map(({ key }) => (
                <Chip
                  key={key}
                  pressed={remove.includes(key)}
                  onClick={() => {
                    setRemove(remove.includes(key) ? remove.filter((each) => each !== key) : [...remove, key]);
                    setSet(without(key));
                  }}
                >
                  {key}
                </Chip>
              ))}
            </div>
          </div>
        )}
      </div>
    </Dialog>
  );
}

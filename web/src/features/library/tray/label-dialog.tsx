/** Labels for many images: some to set, some to take away. */
import { useEffect, useMemo, useState } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { countOf, formatCount } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Dialog } from "@/ui/dialog";

import type { LabelChange } from "../images/library";
import { useLibrary } from "../images/use-library";
import { LabelForm } from "../labels/label-form";
import { summarise } from "../labels/label-summary";

export interface LabelDialogProps {
  ids: readonly string[];
  onClose: () => void;
  onApply: (change: LabelChange) => Promise<void>;
}

export function LabelDialog({ ids, onClose, onApply }: LabelDialogProps) {
  const images = useRecords(ids);
  const present = useMemo(() => summarise(images), [images]);
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
      title={`Label ${countOf(ids.length, "image")}`}
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
        {present.length > 0 && (
          <div role="group" aria-label="Take away" className="flex flex-col gap-2">
            <h3 className="text-sm font-medium">Take away</h3>
            <div className="flex flex-wrap gap-1.5">
              {present.map(({ key, value, count }) => (
                <Chip
                  key={key}
                  pressed={remove.includes(key)}
                  onClick={() => {
                    setRemove(remove.includes(key) ? remove.filter((each) => each !== key) : [...remove, key]);
                    setSet(without(key));
                  }}
                >
                  {value === undefined || value === "" ? key : `${key}: ${value}`}
                  {count < ids.length && <span className="pl-1 font-normal tabular-nums">{formatCount(count)}</span>}
                </Chip>
              ))}
            </div>
          </div>
        )}
      </div>
    </Dialog>
  );
}

/** The records of images as they were when the dialog opened; none until they are known. */
function useRecords(ids: readonly string[]): readonly Image[] {
  const library = useLibrary();
  const [images, setImages] = useState<readonly Image[]>([]);
  const key = ids.join();
  useEffect(() => {
    let left = false;
    // Without them there is nothing to take away; what is wrong shows when the labels are applied.
    library.records(key.split(",")).then(
      (found) => {
        if (!left) setImages(found);
      },
      () => undefined,
    );
    return () => {
      left = true;
    };
  }, [library, key]);
  return images;
}

/** An image's labels, as chips that find the like, and a way to add more. */
import { useState } from "react";
import { useNavigate } from "react-router";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { explainBriefly } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { PlusIcon } from "@/ui/icons";
import { toast } from "@/ui/toast";

import { EVERYTHING, pathOf } from "../filter";
import type { LabelChange } from "../images/library";
import { useLibrary } from "../images/use-library";
import { LabelForm } from "../labels/label-form";

export interface LabelsFieldProps {
  image: Image;
  adding: boolean;
  onAdding: (adding: boolean) => void;
}

export function LabelsField({ image, adding, onAdding }: LabelsFieldProps) {
  const library = useLibrary();
  const navigate = useNavigate();
  const [said, setSaid] = useState("");
  const labels = Object.entries(image.labels).sort(([one], [other]) => one.localeCompare(other));

  const change = async (next: LabelChange, words: string, undoable: boolean): Promise<void> => {
    try {
      const undo = await library.label([image.imageId], next);
      setSaid(words);
      if (!undoable) return;
      const run = (): void => void undo().catch((error: unknown) => toast(explainBriefly(error), { tone: "error" }));
      toast(words, { key: "labels", action: { label: "Undo", run } });
    } catch (error) {
      toast(explainBriefly(error), { tone: "error", key: "labels" });
    }
  };
  return (
    <section aria-label="Labels" className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">Labels</h3>
      <div className="flex flex-wrap items-center gap-1.5">
        {labels.map(([key, value]) => (
          <Chip
            key={key}
            onClick={() => void navigate(pathOf({ ...EVERYTHING, labels: [{ key, value }] }))}
            onRemove={() => void change({ set: {}, remove: [key] }, `Label ${key} removed`, true)}
            removeLabel={`Remove the label ${key}`}
          >
            {value ? `${key}: ${value}` : key}
          </Chip>
        ))}
        {!adding && (
          <Button variant="quiet" icon={PlusIcon} className="h-6! px-2! text-xs!" onClick={() => onAdding(true)}>
            Add label
          </Button>
        )}
      </div>
      {adding && (
        <LabelForm
          onAdd={(key, value) => {
            const before = image.labels[key];
            void change({ set: { [key]: value }, remove: [] }, `Label ${key} added`, before !== undefined && before !== value);
            onAdding(false);
          }}
          onCancel={() => onAdding(false)}
        />
      )}
      <p role="status" className="sr-only">
        {said}
      </p>
    </section>
  );
}

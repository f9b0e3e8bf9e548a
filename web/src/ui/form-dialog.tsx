/** A modal dialog that asks for something and does one thing with it. */
import { type ReactNode, useId } from "react";

import { Button } from "./button";
import { Dialog } from "./dialog";

export interface FormDialogProps {
  title: string;
  onClose: () => void;
  /** Words of the button that does it. */
  submit: string;
  danger?: boolean;
  /** It is being done: nothing is sent again meanwhile. */
  busy: boolean;
  /** Something is missing that the fields themselves do not ask for. */
  incomplete?: boolean;
  onSubmit: () => void;
  /** The fields. */
  children: ReactNode;
}

export function FormDialog({ title, onClose, submit, danger = false, busy, incomplete = false, onSubmit, children }: FormDialogProps) {
  const form = useId();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      width="sm"
      actions={
        <>
          <Button size="md" onClick={onClose}>
            Cancel
          </Button>
          <Button size="md" variant={danger ? "danger" : "primary"} type="submit" form={form} busy={busy} disabled={incomplete}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) onSubmit();
        }}
        className="flex flex-col gap-4"
      >
        {children}
      </form>
    </Dialog>
  );
}

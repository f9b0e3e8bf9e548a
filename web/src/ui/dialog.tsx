/** A modal dialog: the browser's own keeps the focus inside and gives it back. */
import { type ReactNode, useEffect, useId, useRef } from "react";

import { IconButton } from "./button";
import { cx } from "./cx";
import { CloseIcon } from "./icons";
import { useShortcuts } from "./use-shortcuts";

export interface DialogProps {
  title: string;
  /** Asked for by Escape, the cross, or a press beside it. */
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the end; the main one last. */
  actions?: ReactNode;
  width?: "sm" | "md" | "lg";
  /** There is nothing in it but what one reads: its body takes the focus, so that keys scroll it. */
  reading?: boolean;
}

const WIDTHS = { sm: "max-w-96", md: "max-w-140", lg: "max-w-220" };

/** Render it to open it. */
export function Dialog({ title, onClose, children, actions, width = "md", reading = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  // What is below must not hear keys meanwhile.
  useShortcuts({ title, exclusive: true }, []);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    // A field that wants the focus has it; otherwise nobody wants the cross.
    if (dialog && !dialog.querySelector("[autofocus], :focus:is(input, select, textarea)")) dialog.focus();
    return () => dialog?.close();
  }, []);

  return (
    // The dialog itself is pressed only beside its content; Escape does the same by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={ref}
      tabIndex={-1}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className={cx(
        "appear m-auto max-h-[calc(100dvh-2rem)] w-[calc(100%-2rem)] overflow-hidden rounded-lg bg-raised text-ink outline-none shadow-pop",
        WIDTHS[width],
      )}
    >
      <div className="flex max-h-[calc(100dvh-2rem)] flex-col">
        <header className="flex items-center justify-between gap-4 py-3 pr-3 pl-6">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          <IconButton icon={CloseIcon} label="Close" keys="Escape" onClick={onClose} />
        </header>
        <div {...(reading && { tabIndex: 0, role: "group", "aria-labelledby": id })} className="min-h-0 overflow-y-auto px-6 pb-6 -outline-offset-2">{children}</div>
        {actions && <footer className="flex justify-end gap-2 border-t border-line px-6 py-4">{actions}</footer>}
      </div>
    </dialog>
  );
}

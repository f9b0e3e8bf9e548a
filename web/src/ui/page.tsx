/** A page: its title, what can be done, and a body that scrolls. */
import { type ReactNode, useEffect } from "react";

import { cx } from "./cx";

export interface PageProps {
  title: string;
  /** In place of the title's text in the heading, for instance with a way back. */
  heading?: ReactNode;
  /** Beside the title, at the end. */
  actions?: ReactNode;
  /** Below the title, for instance filters. */
  toolbar?: ReactNode;
  /** A body that fills the page to its edges and scrolls by itself, such as a VirtualGrid. */
  fill?: boolean;
  /** How wide the body may get; `full` for pictures. */
  width?: "text" | "full";
  children: ReactNode;
}

export function Page({ title, heading, actions, toolbar, fill = false, width = "full", children }: PageProps) {
  useTitle(title);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex shrink-0 flex-col gap-3 px-4 pt-4 pb-3 sm:px-6">
        <div className="flex min-h-10 flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <h1 className="min-w-0 truncate text-xl font-semibold">{heading ?? title}</h1>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
        {toolbar}
      </header>
      <div className={cx("min-h-0 flex-1", fill ? "overflow-hidden" : "overflow-y-auto px-4 pt-1 pb-12 sm:px-6")}>
        <div className={cx(fill && "h-full", width === "text" && "max-w-160")}>{children}</div>
      </div>
    </div>
  );
}

/** The browser tab's title. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} – Argus` : "Argus";
  }, [title]);
}

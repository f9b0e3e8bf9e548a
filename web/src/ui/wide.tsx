/** Around a table that may be wider than the screen: it scrolls sideways, by keys too. */
import type { ReactNode } from "react";

import { cx } from "./cx";

export function Wide({ label, className, children }: { /** Read aloud: what the table is about. */ label: string; className?: string; children: ReactNode }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- so that keys can scroll it
    <div role="region" aria-label={label} tabIndex={0} className={cx("relative overflow-x-auto", className)}>
      {children}
    </div>
  );
}

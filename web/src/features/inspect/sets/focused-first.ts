/**
 * A ref for the field that a dialog was opened to fill in. A dialog goes by the attribute when it opens, which React's
 * `autoFocus` does not set.
 */
export function focusedFirst(field: HTMLInputElement | null): void {
  field?.setAttribute("autofocus", "");
}

/** Files for the person to keep. */

/** Has the browser save it. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun with the click; some browsers read a little later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Opens the system's dialog for files, or for a folder. */
import { chosenFiles, type FoundFile } from "@/lib/dropped-files";

export function chooseFiles(onFiles: (files: FoundFile[]) => void, { folder = false } = {}): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  if (folder) input.webkitdirectory = true;
  else input.accept = "image/*,.heic,.heif";
  input.addEventListener("change", () => {
    const files = chosenFiles(input.files).filter(({ path }) => !/(^|\/)(\.|Thumbs\.db$)/.test(path));
    if (files.length > 0) onFiles(files);
  });
  input.click();
}

/** Files of a drop, a paste or a file input, also those inside dropped folders. */

export interface FoundFile {
  file: File;
  /** Path within what was dropped, such as `line-3/0001.png`; the name alone without folders. */
  path: string;
}

/**
 * All files of a drop. Must be called within the event: the browser forgets the entries afterwards.
 * Hidden files and what a system leaves in folders are left out.
 */
export async function droppedFiles(data: DataTransfer): Promise<FoundFile[]> {
  const entries = [...data.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  const plain = [...data.files];
  if (entries.every((entry) => entry === null)) return plain.map(found);
  const lists = await Promise.all(entries.filter((entry) => entry !== null).map(filesOf));
  return lists.flat().filter(({ path }) => !/(^|\/)(\.|Thumbs\.db$|__MACOSX\/)/.test(path));
}

/** Files of `<input type="file">`, also with `webkitdirectory`, or of a paste. */
export function chosenFiles(files: FileList | readonly File[] | null): FoundFile[] {
  return [...(files ?? [])].map(found);
}

/** Whether a drag brings files, not text or a link. */
export const bringsFiles = (data: DataTransfer | null): boolean => data?.types.includes("Files") ?? false;

function found(file: File): FoundFile {
  return { file, path: file.webkitRelativePath || file.name };
}

async function filesOf(entry: FileSystemEntry): Promise<FoundFile[]> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    );
    return file ? [{ file, path }] : [];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: FoundFile[] = [];
  // A reader gives a hundred at a time, and nothing when it is done.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) return all;
    for (const each of some) all.push(...(await filesOf(each)));
  }
}

/** Gives the bytes of images to the person: one as it is, several as an archive. */
import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { explain, HttpError } from "@/lib/errors";
import { countOf, formatBytes } from "@/lib/numbers";
import { storePath } from "@/lib/store-url";
import { toDate } from "@/lib/time";
import { toast } from "@/ui/toast";

import { type ZipEntry, zipOf } from "./zip";

const KEY = "download";
/** The archive is made in memory. */
const MOST_BYTES = 1_000_000_000;
const LANES = 3;
/** Messages are read aloud: not more often than so many times. */
const STEPS = 5;

/** Why images cannot be given all at once; undefined if they can. */
export function tooMuch(images: readonly Image[], most = MOST_BYTES): string | undefined {
  const bytes = images.reduce((sum, image) => sum + Number(image.sizeBytes), 0);
  if (images.length < 2 || bytes <= most) return undefined;
  return `These ${countOf(images.length, "image")} have ${formatBytes(bytes)}; at most ${formatBytes(most)} can be downloaded at once. Select fewer.`;
}

/** Tells in a toast how far it is, and what became of it. Links must be fresh. */
export async function download(images: readonly Image[]): Promise<void> {
  const usable = images.filter((image) => image.contentUrl !== "");
  const [first] = usable;
  const problem = first ? tooMuch(usable) : "None of these images can be downloaded.";
  if (problem !== undefined || !first) {
    toast(problem ?? "", { key: KEY, tone: "error" });
  } else if (usable.length === 1) {
    save(storePath(first.contentUrl) ?? "", first.filename);
  } else {
    let archive: Blob;
    try {
      archive = zipOf(await load(usable));
    } catch (error) {
      // In place of how far it was.
      toast(`Not downloaded. ${explain(error).message}`, { key: KEY, tone: "error" });
      return;
    }
    const url = URL.createObjectURL(archive);
    save(url, `argus ${new Date().toISOString().slice(0, 10)}.zip`);
    // The browser has it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    const left = images.length - usable.length;
    toast(`${countOf(usable.length, "image")} downloaded${left > 0 ? `; ${countOf(left, "other")} failed and cannot be` : ""}`, { key: KEY, tone: "success" });
  }
}

async function load(images: readonly Image[]): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const place = next++;
      const image = images[place];
      if (!image) return;
      const answer = await fetch(storePath(image.contentUrl) ?? "").catch(() => undefined);
      if (!answer?.ok) throw new HttpError(answer?.status ?? 0);
      entries[place] = {
        name: image.filename,
        bytes: new Uint8Array(await answer.arrayBuffer()),
        modified: toDate(image.createTime) ?? new Date(),
      };
      done += 1;
      if (done % Math.ceil(images.length / STEPS) === 0 && done < images.length) {
        toast(`Downloading: ${done} of ${countOf(images.length, "image")}`, { key: KEY, durationMs: 60_000 });
      }
    }
  };
  toast(`Downloading ${countOf(images.length, "image")}`, { key: KEY, durationMs: 60_000 });
  await Promise.all(Array.from({ length: LANES }, lane));
  return entries;
}

function save(url: string, filename: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
}

/** Asks one worker for all files, which are read beside the page and never on it. */
import { sha256 } from "./digest";
import { sniff, SNIFFED_BYTES } from "./sniff";

export interface ReadQuestion {
  id: number;
  file: Blob;
  /** Whether the digest is wanted. */
  hash: boolean;
}

export type ReadAnswer =
  | { id: number; contentType: string | undefined; sha256: string | undefined; error?: undefined }
  | { id: number; error: string };

export interface FileFacts {
  /** By its first bytes; undefined if it is no image that is known. */
  contentType: string | undefined;
  /** 64 hexadecimal digits; undefined if it was not asked for, or is no image. */
  sha256: string | undefined;
}

/** Rejects if the file cannot be read, for instance because it was moved. */
export type ReadFile = (file: Blob, hash: boolean) => Promise<FileFacts>;

export class FileReaderWorker {
  private worker: Worker | undefined;
  private readonly open = new Map<number, { question: ReadQuestion; resolve: (facts: FileFacts | Promise<FileFacts>) => void; reject: (error: Error) => void }>();
  private made = 0;
  /** A worker that did not start will not the next time. */
  private broken = false;

  readonly read: ReadFile = (file, hash) => {
    const worker = (this.worker ??= this.start());
    if (!worker) return readHere(file, hash);
    this.made += 1;
    const id = this.made;
    return new Promise((resolve, reject) => {
      const question = { id, file, hash };
      this.open.set(id, { question, resolve, reject });
      worker.postMessage(question);
    });
  };

  close(): void {
    this.worker?.terminate();
    this.worker = undefined;
  }

  private start(): Worker | undefined {
    if (this.broken || typeof Worker === "undefined") return undefined;
    const worker = new Worker(new URL("./hash-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => {
      const asked = this.open.get(data.id);
      this.open.delete(data.id);
      if (data.error === undefined) asked?.resolve(data);
      else asked?.reject(new Error(data.error));
    };
    worker.onerror = () => {
      this.broken = true;
      for (const { question, resolve } of this.open.values()) resolve(readHere(question.file, question.hash));
      this.open.clear();
      this.close();
    };
    return worker;
  }
}

async function readHere(file: Blob, hash: boolean): Promise<FileFacts> {
  const contentType = sniff(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()));
  return { contentType, sha256: hash && contentType ? await sha256(file) : undefined };
}

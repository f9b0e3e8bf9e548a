/** A camera, and when its next frame is due. */

export type CameraState =
  | { readonly kind: "off" | "asking" }
  | { readonly kind: "live"; readonly stream: MediaStream; readonly deviceId: string }
  | { readonly kind: "failed"; readonly why: CameraProblem };

export type CameraProblem = "insecure" | "denied" | "none" | "busy" | "failed";

export const PROBLEMS: Record<CameraProblem, { title: string; text: string }> = {
  insecure: { title: "No camera over plain http", text: "Browsers give the camera to pages over https and on this computer only. Open Argus by https, or on the computer that it runs on." },
  denied: { title: "The camera is not permitted", text: "Allow the camera for this page, by the sign beside the address, and try again." },
  none: { title: "No camera found", text: "Connect one and try again." },
  busy: { title: "The camera is in use", text: "Another program has it. Close that, and try again." },
  failed: { title: "The camera does not work", text: "The browser could not start it. Try again, or choose another one." },
};

/** What a failure of `getUserMedia` means. */
export function problemOf(error: unknown): CameraProblem {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "failed";
}

/** Pixels of a frame's longer side at most. */
const MOST_SIDE = 2048;

/** What the camera shows now, as JPEG. */
export async function frameOf(video: HTMLVideoElement): Promise<Blob | undefined> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return undefined;
  const scale = Math.min(1, MOST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), "image/jpeg", 0.92));
}

/** One frame at a time, and no sooner than the interval after the last one began. */
export class FramePacer {
  private begunAt = -Infinity;
  private underWay = false;

  constructor(private readonly shoot: () => Promise<void>) {}

  get busy(): boolean {
    return this.underWay;
  }

  /** Shoots if one is due; an interval of 0 is by hand only. */
  tick(now: number, intervalMs: number): boolean {
    if (intervalMs <= 0 || now - this.begunAt < intervalMs) return false;
    return this.now(now);
  }

  /** Shoots unless one is under way. */
  now(now: number): boolean {
    if (this.underWay) return false;
    this.underWay = true;
    this.begunAt = now;
    void this.shoot().finally(() => {
      this.underWay = false;
    });
    return true;
  }
}

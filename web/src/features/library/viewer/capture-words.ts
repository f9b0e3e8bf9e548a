/** How a picture was taken, in words; pure. */
import type { Capture } from "@/gen/argus/storage/v1/image_pb.js";
import { toDate } from "@/lib/time";

export interface Taken {
  /** On the camera's clock, in a time zone of `UTC`. */
  clock: Date;
  /** `+02:00`; undefined if the file does not say. */
  zone: string | undefined;
}

/** When it was taken; undefined if nobody knows. */
export function takenOf(capture: Capture | undefined): Taken | undefined {
  const time = toDate(capture?.time);
  if (!capture || !time) return undefined;
  if (!capture.utcOffset) return { clock: time, zone: undefined };
  const minutes = Number(capture.utcOffset.seconds) / 60;
  return { clock: new Date(time.getTime() + minutes * 60_000), zone: zoneOf(minutes) };
}

function zoneOf(minutes: number): string {
  const apart = Math.abs(minutes);
  const two = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  return `${minutes < 0 ? "−" : "+"}${two(apart / 60)}:${two(apart % 60)}`;
}

/** `1/250 s · f/2.8 · ISO 400 · 50 mm`, of what is known; empty if nothing is. */
export function exposureOf({ exposureTimeS, fNumber, iso, focalLengthMm, focalLength35mm, flash }: Capture): string {
  const parts: string[] = [];
  if (exposureTimeS > 0) parts.push(exposureTimeS < 0.4 ? `1/${Math.round(1 / exposureTimeS)} s` : `${rounded(exposureTimeS)} s`);
  if (fNumber > 0) parts.push(`f/${rounded(fNumber)}`);
  if (iso > 0) parts.push(`ISO ${iso}`);
  if (focalLengthMm > 0) {
    const same = focalLength35mm > 0 && focalLength35mm !== Math.round(focalLengthMm);
    parts.push(`${rounded(focalLengthMm)} mm${same ? ` (as ${focalLength35mm} mm)` : ""}`);
  }
  if (flash) parts.push("flash");
  return parts.join(" · ");
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10);

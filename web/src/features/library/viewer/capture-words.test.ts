import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";

import { CaptureSchema } from "@/gen/argus/storage/v1/image_pb.js";

import { exposureOf, takenOf } from "./capture-words";

const time = timestampFromDate(new Date("2026-03-01T13:30:00Z"));

describe("when it was taken", () => {
  it("is on the camera's clock, with its zone if that is known", () => {
    const sydney = takenOf(create(CaptureSchema, { time, utcOffset: { seconds: 36_000n } }));
    expect(sydney).toEqual({ clock: new Date("2026-03-01T23:30:00Z"), zone: "+10:00" });
    const newfoundland = takenOf(create(CaptureSchema, { time, utcOffset: { seconds: -12_600n } }));
    expect(newfoundland?.zone).toBe("−03:30");
    expect(takenOf(create(CaptureSchema, { time }))).toEqual({ clock: new Date("2026-03-01T13:30:00Z"), zone: undefined });
    expect(takenOf(create(CaptureSchema, { camera: "Canon" }))).toBeUndefined();
    expect(takenOf(undefined)).toBeUndefined();
  });
});

describe("exposure", () => {
  it("is said as far as it is known", () => {
    const whole = { exposureTimeS: 0.004, fNumber: 2.8, iso: 400, focalLengthMm: 6.86, focalLength35mm: 24, flash: true };
    expect(exposureOf(create(CaptureSchema, whole))).toBe("1/250 s · f/2.8 · ISO 400 · 6.9 mm (as 24 mm) · flash");
    expect(exposureOf(create(CaptureSchema, { exposureTimeS: 2.5, focalLengthMm: 50, focalLength35mm: 50 }))).toBe("2.5 s · 50 mm");
    expect(exposureOf(create(CaptureSchema, {}))).toBe("");
  });
});

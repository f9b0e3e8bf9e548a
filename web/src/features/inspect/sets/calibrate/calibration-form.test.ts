import { expect, it } from "vitest";

import { CalibrationSettings_Augmentation, CalibrationSettings_Banks, CalibrationSettings_Scorer } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { formOf, problemsOf, requestOf, shareTyped, targetHint } from "./calibration-form";

it("starts from the defaults, or from how the version in use was made", () => {
  const fresh = formOf(undefined, undefined);
  expect(fresh).toMatchObject({ target: "1", size: "", scorer: CalibrationSettings_Scorer.PATCH_CORESET });
  expect(requestOf(fresh, "set", "request").targetFalseAlarmRate).toBe(0.01);
  expect(fresh.banks).toBe(CalibrationSettings_Banks.AUTO);
  expect(formOf(requestOf({ ...fresh, size: "384", banks: CalibrationSettings_Banks.TWO }, "set", "request").settings as never, 0.05)).toMatchObject({
    banks: CalibrationSettings_Banks.TWO,
    target: "5",
    size: "384",
    augmentation: CalibrationSettings_Augmentation.AUTO,
  });
});

it("takes a target as people write it", () => {
  expect([" 1 ", "2,5", "5 %"].map(shareTyped)).toEqual([0.01, 0.025, 0.05]);
  expect(shareTyped("many")).toBeNaN();
});

it("says what does not fit", () => {
  const form = formOf(undefined, undefined);
  expect(problemsOf(form)).toEqual({});
  expect(Object.keys(problemsOf({ ...form, target: "60", size: "5000", coreset: "1.5" }))).toEqual(["target", "size", "coreset"]);
});

it("keeps regions of interest, but for a scorer that says no where", () => {
  const form = { ...formOf(undefined, undefined), regions: "0,0 50,0 0,50" };
  const made = requestOf(form, "set", "request").settings;
  expect(made?.regionsOfInterest).toMatchObject([{ points: [{ x: 0, y: 0 }, { x: 0.5, y: 0 }, { x: 0, y: 0.5 }] }]);
  expect(formOf(made as never, 0.01).regions).toBe(form.regions);
  expect(problemsOf({ ...form, regions: "0,0" })).toHaveProperty("regions");
  const whole = { ...form, regions: "0,0", scorer: CalibrationSettings_Scorer.IMAGE_KNN };
  expect(problemsOf(whole)).toEqual({});
  expect(requestOf(whole, "set", "request").settings?.regionsOfInterest).toEqual([]);
});

it("says what a target needs", () => {
  const form = formOf(undefined, 0.01);
  expect(targetHint(form, 100)).toContain("enough");
  expect(targetHint(form, 30)).toContain("takes 99 images");
});

import { expect, it } from "vitest";

import { aSet } from "../../sets/testing";
import { beginsWithOne, type Chosen, framesOf, lenders, type Picks, pictureFor, slotsOf, unshown } from "./part-slots";

const TOP = "0b5c7a52-1d1c-4c52-9d4e-1f3f5f2c9a11";
const LEFT = "0b5c7a52-1d1c-4c52-9d4e-1f3f5f2c9a12";
const AREA = { points: [{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 1, y: 1 }] };

const set = aSet({
  currentVersion: 0,
  views: [
    { referenceSetId: TOP, displayName: "Top", currentVersion: 1, regionsOfInterest: [AREA] },
    { referenceSetId: LEFT, displayName: "Left" },
  ],
});
const picture = (name: string): Chosen => ({ name, src: undefined, imageId: name });

it("inspects the views, and the set itself once it has a version", () => {
  expect(slotsOf(set).map(({ name, unready }) => [name, unready])).toEqual([["Top", false], ["Left", true]]);
  expect(slotsOf(aSet({ views: set.views })).map(({ name }) => name)).toEqual(["Plates", "Top", "Left"]);
});

it("begins with one picture where all views are regions of it", () => {
  expect(beginsWithOne(set)).toBe(false);
  expect(beginsWithOne({ views: set.views.slice(0, 1) })).toBe(true);
  expect(beginsWithOne({ views: [] })).toBe(false);
});

it("sends a picture once, for all views that show it", () => {
  const slots = slotsOf(set);
  const one = picture("one");
  expect(framesOf(slots, { [TOP]: { chosen: one }, [LEFT]: { sameAs: TOP } })).toEqual([{ picture: one, setIds: [TOP, LEFT] }]);
  const two = picture("two");
  expect(framesOf(slots, { [LEFT]: { chosen: two }, [TOP]: { chosen: one } }).map(({ setIds }) => setIds)).toEqual([[TOP], [LEFT]]);
});

it("tells what gets no picture, and whose picture can be taken", () => {
  const slots = slotsOf(set);
  const picks: Picks = { [TOP]: { chosen: picture("one") } };
  expect(unshown(slots, picks).map(({ name }) => name)).toEqual(["Left"]);
  expect(lenders(LEFT, slots, picks).map(({ name }) => name)).toEqual(["Top"]);
  expect(lenders(TOP, slots, picks)).toEqual([]);
});

it("ends where two take each other's picture", () => {
  expect(pictureFor(TOP, { [TOP]: { sameAs: LEFT }, [LEFT]: { sameAs: TOP } })).toBeUndefined();
});

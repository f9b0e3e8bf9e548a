import { expect, it } from "vitest";

import { keepPicture, pictureOf } from "./pictures";

const file = (name: string): File => new File([name], name);

it("keeps the last ten, each for who searched with it", () => {
  const first = keepPicture("ann", file("first.jpg"));
  expect(pictureOf("ann", first.id)?.file.name).toBe("first.jpg");
  expect(pictureOf("bob", first.id)).toBeUndefined();
  const others = Array.from({ length: 10 }, (_, index) => keepPicture("ann", file(`${index}.jpg`)));
  expect(pictureOf("ann", first.id)).toBeUndefined();
  expect(others.every(({ id }) => pictureOf("ann", id))).toBe(true);
});

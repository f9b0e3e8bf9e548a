import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { AccountDeletionSchema } from "@/gen/argus/auth/v1/auth_pb.js";

import { removalsOf } from "./removals";

it("sums up what services removed, in words", () => {
  const deletion = create(AccountDeletionSchema, {
    reports: [
      { service: "auth", removed: { accounts: 1n, api_keys: 2n, sessions: 0n } },
      { service: "storage", removed: { images: 3n } },
    ],
  });
  expect(removalsOf(deletion)).toEqual([
    { what: "api keys", count: 2n },
    { what: "images", count: 3n },
  ]);
});

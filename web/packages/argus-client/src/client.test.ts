import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test, vi } from "vitest";

import { AuthService } from "../../../src/gen/argus/auth/v1/auth_pb.js";
import { Image_State, ImageService } from "../../../src/gen/argus/storage/v1/image_pb.js";
import { ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";

import { factsOf, HttpError, pages, retrying, Tokens, untilIndexed, upload } from "./index.js";

const soon = async (): Promise<void> => Promise.resolve();

test("a session begins with the first call, is renewed in time, and begins again where it ended", async () => {
  let now = 0;
  let sessions = 0;
  let ended = false;
  const auth = createRouterTransport(({ service }) => {
    service(AuthService, {
      login: () => ({ accessToken: `login ${++sessions}`, refreshToken: "r", expiresIn: 900 }),
      refreshToken: () => {
        if (ended) throw new ConnectError("reused", Code.Unauthenticated);
        return { accessToken: "renewed", refreshToken: "r2", expiresIn: 900 };
      },
    });
  });
  const tokens = new Tokens(auth, { email: "ada@example.org", password: "a long password" }, () => now);
  expect(await Promise.all([tokens.accessToken(), tokens.accessToken()])).toEqual(["login 1", "login 1"]);
  now = 839_000;
  expect(await tokens.accessToken()).toBe("login 1");
  now = 841_000;
  expect(await tokens.accessToken()).toBe("renewed");
  ended = true;
  expect(await tokens.accessToken("renewed")).toBe("login 2");
});

test("an API key is exchanged for brief tokens", async () => {
  const exchanged = vi.fn(() => ({ accessToken: "brief", expiresIn: 60 }));
  const auth = createRouterTransport(({ service }) => service(AuthService, { exchangeApiKey: exchanged }));
  const tokens = new Tokens(auth, { apiKey: "secret" });
  await tokens.accessToken();
  expect(await tokens.accessToken()).toBe("brief");
  expect(exchanged).toHaveBeenCalledTimes(1);
});

test("what may pass is tried again, and nothing else", async () => {
  const down = vi.fn().mockRejectedValueOnce(new ConnectError("down", Code.Unavailable)).mockRejectedValueOnce(new HttpError(503)).mockResolvedValue("up");
  expect(await retrying(down as () => Promise<string>, { pause: soon })).toBe("up");
  const wrong = vi.fn().mockRejectedValue(new ConnectError("no", Code.InvalidArgument));
  await expect(retrying(wrong as () => Promise<string>, { pause: soon })).rejects.toMatchObject({ code: Code.InvalidArgument });
  expect(wrong).toHaveBeenCalledTimes(1);
});

test("pages go on to the end of the list", async () => {
  const call = vi.fn((request: { pageToken?: string }) => Promise.resolve({ nextPageToken: request.pageToken ? "" : "2", first: !request.pageToken }));
  const seen: boolean[] = [];
  for await (const page of pages(call, {})) seen.push(page.first);
  expect(seen).toEqual([true, false]);
});

test("errors have a reason and facts", () => {
  const error = new ConnectError("too large", Code.InvalidArgument);
  const detail = anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "IMAGE_TOO_LARGE", metadata: { max_bytes: "5" } }));
  error.details = [{ type: "google.rpc.ErrorInfo", value: detail.value }];
  expect(factsOf(error)).toMatchObject({ code: Code.InvalidArgument, reason: "IMAGE_TOO_LARGE", metadata: { max_bytes: "5" } });
});

test("an upload is reserved with its hash, sent, completed and waited for; a lost answer asks again with the same id", async () => {
  const ids: string[] = [];
  let asked = 0;
  const images = createClient(
    ImageService,
    createRouterTransport(({ service }) =>
      service(ImageService, {
        createUpload: ({ requestId, sha256, sizeBytes }) => {
          ids.push(requestId);
          if (ids.length === 1) throw new ConnectError("lost", Code.Unavailable);
          expect([sha256.length, sizeBytes]).toEqual([64, 5n]);
          return { image: { imageId: "i1" }, upload: { url: "http://store/i1", method: "PUT", headers: { "content-type": "image/png" } } };
        },
        completeUpload: ({ imageId }) => ({ imageId, state: Image_State.UPLOADED }),
        getImage: ({ imageId }) => ({ imageId, state: ++asked < 3 ? Image_State.UPLOADED : Image_State.INDEXED }),
      }),
    ),
  );
  const sent = vi.fn().mockResolvedValue(new Response());
  vi.stubGlobal("XMLHttpRequest", undefined);
  vi.stubGlobal("fetch", sent);
  const progress = vi.fn();
  const body = new Blob(["bytes"], { type: "image/png" });
  const image = await upload(images, body, { filename: "a.png", onProgress: progress, pause: soon });
  expect(image.imageId).toBe("i1");
  expect(new Set(ids).size).toBe(1);
  expect(sent.mock.calls[0]?.[0]).toBe("http://store/i1");
  expect(progress).toHaveBeenLastCalledWith(5, 5);
  expect((await untilIndexed(images, "i1", { pause: soon })).state).toBe(Image_State.INDEXED);
});

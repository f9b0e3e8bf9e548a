import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, expect, test, vi } from "vitest";

import { type Refresh, Session, type StoredSession } from "./session";

const ACCOUNT = { userId: "u1", email: "ada@example.com", displayName: "Ada", createTime: "" };
const START = 1_000_000;

function tokens(number: number, facts: Partial<StoredSession> = {}): StoredSession {
  return {
    accessToken: `access-${number}`,
    refreshToken: `refresh-${number}`,
    expiresAt: START + number * 900_000,
    account: ACCOUNT,
    ...facts,
  };
}

const open: Session[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** A tab of this browser; tabs share the storage and the lock. */
function tab(refresh: Refresh, clock: { now: number }, locked: ConstructorParameters<typeof Session>[2] = lock()): Session {
  const session = new Session(refresh, localStorage, locked, () => clock.now);
  open.push(session);
  return session;
}

function lock() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** What the browser does in other tabs when one writes. */
function tellOthers(key: string | null = "argus.session"): void {
  dispatchEvent(Object.assign(new Event("storage"), { key, storageArea: localStorage }));
}

test("nobody is signed in at first", async () => {
  const session = tab(vi.fn(), { now: START });
  expect(session.getState()).toEqual({ status: "signed-out", ended: false });
  expect(await session.accessToken()).toBeUndefined();
});

test("a fresh token is given as it is, also after a reload and in a new tab", async () => {
  const refresh = vi.fn<Refresh>();
  tab(refresh, { now: START }).signIn(tokens(1));
  const other = tab(refresh, { now: START });
  expect(await other.accessToken()).toBe("access-1");
  expect(other.getState()).toEqual({ status: "signed-in", account: ACCOUNT });
  expect(refresh).not.toHaveBeenCalled();
});

test("a token is renewed before it expires, once for all who ask", async () => {
  const clock = { now: START };
  const refresh = vi.fn<Refresh>(async () => Promise.resolve(tokens(2)));
  const session = tab(refresh, clock);
  session.signIn(tokens(1));
  clock.now = START + 880_000;
  expect(await Promise.all([session.accessToken(), session.accessToken()])).toEqual(["access-2", "access-2"]);
  expect(refresh.mock.calls).toEqual([["refresh-1"]]);
});

test("two tabs never use the same refresh token", async () => {
  const clock = { now: START };
  const shared = lock();
  const refresh = vi.fn<Refresh>(async () => Promise.resolve(tokens(2)));
  const [left, right] = [tab(refresh, clock, shared), tab(refresh, clock, shared)];
  left.signIn(tokens(1));
  clock.now = START + 900_000;
  expect(await Promise.all([left.accessToken(), right.accessToken()])).toEqual(["access-2", "access-2"]);
  expect(refresh).toHaveBeenCalledTimes(1);
});

test("a token that was refused is not given again", async () => {
  const refresh = vi.fn<Refresh>(async () => Promise.resolve(tokens(2)));
  const session = tab(refresh, { now: START });
  session.signIn(tokens(1));
  expect(await session.accessToken("access-1")).toBe("access-2");
  expect(await session.accessToken("access-1")).toBe("access-2");
  expect(refresh).toHaveBeenCalledTimes(1);
});

test("a session that the server closed ends here too", async () => {
  const refused = new ConnectError("used already", Code.Unauthenticated);
  const session = tab(async () => Promise.reject(refused), { now: START + 900_000 });
  session.signIn(tokens(1));
  await expect(session.accessToken()).rejects.toBe(refused);
  expect(session.getState()).toEqual({ status: "signed-out", ended: true });
});

test("without a network the session stays, and is renewed later", async () => {
  const answers = [Promise.reject(new ConnectError("down", Code.Unavailable)), Promise.resolve(tokens(2))];
  const session = tab(async () => answers.shift()!, { now: START + 900_000 });
  session.signIn(tokens(1));
  await expect(session.accessToken()).rejects.toThrow("down");
  expect(session.getState().status).toBe("signed-in");
  expect(await session.accessToken()).toBe("access-2");
});

test("who signs out while a token is renewed stays signed out", async () => {
  let answer: ((session: StoredSession) => void) | undefined;
  const session = tab(() => new Promise((resolve) => (answer = resolve)), { now: START + 900_000 });
  session.signIn(tokens(1));
  const renewed = session.accessToken();
  await vi.waitFor(() => expect(answer).toBeDefined());
  session.signOut();
  answer?.(tokens(2));
  await expect(renewed).rejects.toMatchObject({ code: Code.Unauthenticated });
  expect(session.getState()).toEqual({ status: "signed-out", ended: false });
  expect(localStorage.getItem("argus.session")).toBeNull();
});

test("signing out in one tab signs out the others", () => {
  const clock = { now: START };
  const [left, right] = [tab(vi.fn(), clock), tab(vi.fn(), clock)];
  left.signIn(tokens(1));
  tellOthers();
  expect(right.getState().status).toBe("signed-in");
  const changed = vi.fn();
  right.subscribe(changed);
  left.signOut();
  tellOthers();
  expect(right.getState()).toEqual({ status: "signed-out", ended: false });
  expect(changed).toHaveBeenCalledTimes(1);
});

test("renewing tells nobody, because nobody's account changed", async () => {
  const session = tab(async () => Promise.resolve(tokens(2)), { now: START + 900_000 });
  session.signIn(tokens(1));
  const changed = vi.fn();
  session.subscribe(changed);
  const before = session.getState();
  await session.accessToken();
  expect(changed).not.toHaveBeenCalled();
  expect(session.getState()).toBe(before);
});

test.each(["", "{", "[]", '{"accessToken":1}', "null"])("what is stored wrongly (%s) is nobody's session", (text) => {
  localStorage.setItem("argus.session", text);
  expect(tab(vi.fn(), { now: START }).getState().status).toBe("signed-out");
});

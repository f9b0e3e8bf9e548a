/**
 * Signing in at an identity provider: away from the page, and back to `/sign-in/callback`.
 *
 * What only this tab may complete with is kept in its `sessionStorage`: who is lured to an answer that somebody else began is not signed in.
 */
import { createClient } from "@connectrpc/connect";

import { type BeginSignInResponse, type IdentityProvider, SignInService } from "@/gen/argus/auth/v1/sign_in_pb.js";

import { session } from "./current-session";
import { openTransport, storedSession, transport } from "./transport";

export const CALLBACK_PATH = "/sign-in/callback";
const KEPT = "argus.sign-in";

/** Without tokens. */
export const openSignIn = createClient(SignInService, openTransport);

export type Purpose = "sign-in" | "link";

interface Pending {
  state: string;
  secret: string;
  purpose: Purpose;
  /** How the provider is called on screen. */
  name: string;
  /** Where to go then; a path of the page. */
  next: string;
}

/** What a browser that comes back was sent away for. */
export interface Completed {
  purpose: Purpose;
  name: string;
  next: string;
}

/** Why nobody could be signed in, in a sentence for them. */
export class SignInError extends Error {}

/** Sends the browser to a provider to sign in. Rejects with a ConnectError. */
export async function signInElsewhere(provider: Provider, next: string, { reauthenticate = false } = {}): Promise<void> {
  const begun = await openSignIn.beginSignIn({ providerId: provider.providerId, redirectUri: callback(), reauthenticate });
  leave(begun, { purpose: "sign-in", name: provider.displayName, next });
}

/** Sends the browser to a provider to link whom it names to this account. Rejects with a ConnectError. */
export async function linkElsewhere(provider: Provider, password: string, next: string): Promise<void> {
  const begun = await createClient(SignInService, transport).beginIdentityLink({
    providerId: provider.providerId,
    redirectUri: callback(),
    password,
  });
  leave(begun, { purpose: "link", name: provider.displayName, next });
}

type Provider = Pick<IdentityProvider, "providerId" | "displayName">;

let running: { state: string; done: Promise<Completed> } | undefined;

/**
 * Completes what the browser comes back with; however often it is asked, once.
 * Rejects with a SignInError or a ConnectError.
 */
export function completeElsewhere(search: URLSearchParams): Promise<Completed> {
  const state = search.get("state") ?? "";
  if (running?.state !== state) running = { state, done: complete(search, state) };
  return running.done;
}

async function complete(search: URLSearchParams, state: string): Promise<Completed> {
  const pending = take(state);
  if (!pending) throw new SignInError("This sign-in was begun in another tab, or is completed already. Sign in again.");
  const code = search.get("code");
  // What a link says must not be shown: anybody may write one.
  if (!code) throw new SignInError(search.get("error") === "access_denied" ? `You did not allow it at ${pending.name}.` : `${pending.name} did not sign you in. Try again.`);
  const answer = { state, secret: pending.secret, code, iss: search.get("iss") ?? "" };
  if (pending.purpose === "link") await createClient(SignInService, transport).completeIdentityLink(answer);
  else session.signIn(storedSession(await openSignIn.completeSignIn(answer)));
  return { purpose: pending.purpose, name: pending.name, next: pending.next };
}

function leave(begun: BeginSignInResponse, why: Omit<Pending, "state" | "secret">): void {
  const pending: Pending = { state: begun.state, secret: begun.secret, ...why };
  sessionStorage.setItem(KEPT, JSON.stringify(pending));
  location.assign(begun.authorizationUrl);
}

function take(state: string): Pending | undefined {
  const kept = sessionStorage.getItem(KEPT);
  if (kept === null) return undefined;
  const pending = JSON.parse(kept) as Pending;
  if (pending.state !== state) return undefined;
  sessionStorage.removeItem(KEPT);
  return pending;
}

function callback(): string {
  return location.origin + CALLBACK_PATH;
}

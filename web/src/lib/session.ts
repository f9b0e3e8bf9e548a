/**
 * The session of this browser: who is signed in, and tokens that are valid when a call is made.
 *
 * All tabs share one session through `localStorage`. A refresh token works once, so only the tab
 * that holds the lock refreshes, and the others take what it stored. Signing out, or in as somebody
 * else, in one tab does so in all.
 */
import { Code, ConnectError } from "@connectrpc/connect";

/** What a page may know of the account. */
export interface Account {
  userId: string;
  email: string;
  displayName: string;
  /** RFC 3339; empty if the server did not say. */
  createTime: string;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Milliseconds since the epoch, by this device's clock. */
  expiresAt: number;
}

export interface StoredSession extends Tokens {
  account: Account;
}

export type SessionState =
  | { status: "signed-out"; /** Whether it ended without the person's asking. */ ended: boolean }
  | { status: "signed-in"; account: Account };

/** Exchanges a refresh token. Rejects with a ConnectError. */
export type Refresh = (refreshToken: string) => Promise<StoredSession>;

type Locked = <T>(work: () => Promise<T>) => Promise<T>;

const STORAGE_KEY = "argus.session";
const LOCK = "argus.session.refresh";
/** A token is renewed when it has less than this left. */
const MARGIN_MS = 30_000;

export class Session {
  private readonly listeners = new Set<() => void>();
  private state: SessionState;
  private refreshing: Promise<string> | undefined;

  constructor(
    private readonly refresh: Refresh,
    private readonly storage: Storage = localStorage,
    private readonly locked: Locked = withBrowserLock,
    private readonly now: () => number = Date.now,
  ) {
    this.state = stateOf(this.read());
    addEventListener("storage", this.onStorage);
  }

  /** Stops listening to other tabs. */
  close(): void {
    removeEventListener("storage", this.onStorage);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The same object until something changes. */
  getState = (): SessionState => this.state;

  /** Begins a session, in every tab. */
  signIn(session: StoredSession): void {
    this.write(session);
  }

  /** Forgets the tokens, in every tab. `ended`: it was not the person who asked for that. */
  signOut({ ended = false } = {}): void {
    this.storage.removeItem(STORAGE_KEY);
    this.setState({ status: "signed-out", ended });
  }

  /** Keeps what changed about the account. */
  update(account: Account): void {
    const stored = this.read();
    if (stored?.account.userId === account.userId) this.write({ ...stored, account });
  }

  /**
   * An access token that is good for a call now.
   *
   * @param refused a token that was refused, and will not be given again
   * @returns undefined if nobody is signed in
   * @throws ConnectError if the token has to be renewed and that cannot be done now
   */
  async accessToken(refused?: string): Promise<string | undefined> {
    const stored = this.read();
    if (!stored) return undefined;
    if (this.good(stored, refused)) return stored.accessToken;
    this.refreshing ??= this.locked(() => this.renew(refused)).finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async renew(refused?: string): Promise<string> {
    // Another tab may have renewed it, or signed out, while this one waited.
    const stored = this.read();
    if (!stored) throw new ConnectError("signed out", Code.Unauthenticated);
    if (this.good(stored, refused)) return stored.accessToken;
    try {
      const renewed = await this.refresh(stored.refreshToken);
      // Whoever signed out meanwhile stays signed out.
      if (this.read()?.refreshToken !== stored.refreshToken) {
        throw new ConnectError("signed out", Code.Unauthenticated);
      }
      this.write(renewed);
      return renewed.accessToken;
    } catch (error) {
      const refusedForGood = ConnectError.from(error).code === Code.Unauthenticated;
      if (refusedForGood && this.read()?.refreshToken === stored.refreshToken) {
        this.signOut({ ended: true });
      }
      throw error;
    }
  }

  private good(tokens: Tokens, refused: string | undefined): boolean {
    return tokens.accessToken !== refused && tokens.expiresAt - this.now() > MARGIN_MS;
  }

  private read(): StoredSession | undefined {
    const text = this.storage.getItem(STORAGE_KEY);
    if (text === null) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      return isStoredSession(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  private write(session: StoredSession): void {
    this.storage.setItem(STORAGE_KEY, JSON.stringify(session));
    this.setState(stateOf(session));
  }

  private setState(state: SessionState): void {
    if (same(this.state, state)) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private readonly onStorage = (event: StorageEvent): void => {
    // A null key: everything was cleared.
    if (event.storageArea === this.storage && (event.key === STORAGE_KEY || event.key === null)) {
      this.setState(stateOf(this.read()));
    }
  };
}

function stateOf(session: StoredSession | undefined): SessionState {
  return session
    ? { status: "signed-in", account: session.account }
    : { status: "signed-out", ended: false };
}

function same(left: SessionState, right: SessionState): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function isStoredSession(value: unknown): value is StoredSession {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Record<string, unknown>;
  const account = record["account"];
  return (
    typeof record["accessToken"] === "string" &&
    typeof record["refreshToken"] === "string" &&
    typeof record["expiresAt"] === "number" &&
    typeof account === "object" &&
    account !== null &&
    typeof (account as Record<string, unknown>)["userId"] === "string"
  );
}

/** One tab at a time. Pages served over plain http from elsewhere have no locks. */
async function withBrowserLock<T>(work: () => Promise<T>): Promise<T> {
  const locks = (navigator as Partial<Navigator>).locks;
  return locks ? await locks.request(LOCK, work) : await work();
}

/** Access tokens that are good for a call now, made of an API key, or of an address and a password. */
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";

import { AuthService } from "../../../src/gen/argus/auth/v1/auth_pb.js";

/** Where calls take their token from. */
export interface TokenSource {
  /**
   * A token, or undefined for calls without one.
   *
   * @param refused a token that was refused, and will not be given again
   * @throws ConnectError if the token has to be renewed and that cannot be done
   */
  accessToken(refused?: string): Promise<string | undefined>;
}

/** Who calls. */
export type Credentials = { apiKey: string } | { email: string; password: string };

interface Held {
  token: string;
  /** Of sessions; works once. */
  refreshToken: string;
  renewAt: number;
}

/** Renews a token so long before its end, a brief one half-way. */
const MARGIN_MS = 60_000;

/** Holds one token, and renews it however many calls wait for it once. */
export class Tokens implements TokenSource {
  private held: Held | undefined;
  private renewing: Promise<Held> | undefined;
  private readonly auth;

  /** @param open a transport without tokens */
  constructor(
    open: Transport,
    private readonly credentials: Credentials,
    private readonly now: () => number = Date.now,
  ) {
    this.auth = createClient(AuthService, open);
  }

  async accessToken(refused?: string): Promise<string> {
    if (this.held && this.held.token !== refused && this.now() < this.held.renewAt) return this.held.token;
    this.renewing ??= this.renew().finally(() => {
      this.renewing = undefined;
    });
    this.held = await this.renewing;
    return this.held.token;
  }

  private async renew(): Promise<Held> {
    const asked = this.now();
    if ("apiKey" in this.credentials) {
      const { accessToken, expiresIn } = await this.auth.exchangeApiKey({ secret: this.credentials.apiKey });
      return { token: accessToken, refreshToken: "", renewAt: renewAt(asked, expiresIn) };
    }
    const session = (await this.refreshed()) ?? (await this.auth.login(this.credentials));
    return { token: session.accessToken, refreshToken: session.refreshToken, renewAt: renewAt(asked, session.expiresIn) };
  }

  /** The session renewed; undefined if there is none, or it ended. */
  private async refreshed() {
    if (!this.held) return undefined;
    try {
      return await this.auth.refreshToken({ refreshToken: this.held.refreshToken });
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unauthenticated) throw error;
      return undefined;
    }
  }
}

function renewAt(asked: number, expiresInS: number): number {
  const ms = expiresInS * 1000;
  return asked + Math.max(ms - MARGIN_MS, ms / 2);
}

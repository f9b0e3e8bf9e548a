/** The way in: typed clients for each service, over gRPC-web, with tokens renewed in time. */
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { AuthService } from "../../../src/gen/argus/auth/v1/auth_pb.js";
import { InspectionService } from "../../../src/gen/argus/inspection/v1/inspection_pb.js";
import { SearchService } from "../../../src/gen/argus/search/v1/search_pb.js";
import { ImageService } from "../../../src/gen/argus/storage/v1/image_pb.js";

import { authInterceptor } from "./auth-interceptor.js";
import { type Credentials, Tokens, type TokenSource } from "./tokens.js";

export interface ConnectOptions {
  /** Around each call, the first outermost. */
  interceptors?: Interceptor[];
  /** In place of the platform's, for instance one that trusts a certificate authority of yours. */
  fetch?: typeof globalThis.fetch;
}

export interface ArgusClient {
  /** For services that have no field here: `createClient(Service, client.transport)`. */
  transport: Transport;
  auth: Client<typeof AuthService>;
  images: Client<typeof ImageService>;
  search: Client<typeof SearchService>;
  inspection: Client<typeof InspectionService>;
}

/**
 * Connects to a mesh; nothing is sent before the first call.
 *
 * @param url of the edge, such as `https://argus.example.org`
 * @param who an API key, an address and a password, or tokens of your own; nobody without it
 */
export function connect(url: string, who?: Credentials | TokenSource, options: ConnectOptions = {}): ArgusClient {
  const { interceptors = [], fetch } = options;
  const base = { baseUrl: url.replace(/\/+$/, ""), ...(fetch ? { fetch } : {}) };
  const tokens = tokensOf(who, createGrpcWebTransport({ ...base, interceptors }));
  const transport = createGrpcWebTransport({ ...base, interceptors: [...(tokens ? [authInterceptor(tokens)] : []), ...interceptors] });
  return {
    transport,
    auth: createClient(AuthService, transport),
    images: createClient(ImageService, transport),
    search: createClient(SearchService, transport),
    inspection: createClient(InspectionService, transport),
  };
}

function tokensOf(who: Credentials | TokenSource | undefined, open: Transport): TokenSource | undefined {
  if (who === undefined || "accessToken" in who) return who;
  return new Tokens(open, who);
}

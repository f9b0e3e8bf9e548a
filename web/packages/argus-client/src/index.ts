/** A client of Argus for browsers and Node. The contract's own types are in `argus-client/gen/`. */
export { type ArgusClient, connect, type ConnectOptions } from "./connect.js";
export { type Facts, factsOf, HttpError } from "./facts.js";
export { pages } from "./pages.js";
export { type Destination, putBytes, type PutOptions } from "./put-bytes.js";
export { requestId } from "./request-id.js";
export { mayPass, retrying, type RetryOptions } from "./retry.js";
export { errorOf } from "./status-error.js";
export { type Credentials, Tokens, type TokenSource } from "./tokens.js";
export { untilIndexed, upload, type UploadOptions } from "./upload.js";

/**
 * An OpenID provider for tests: panva's oidc-provider with configuration only.
 *
 * node start.mjs SETTINGS.json, whose file has `issuer`, `port`, `clients`, `jwks` (all as oidc-provider takes them), and `people`: the
 * path of a JSON file with claims by login, read anew at each sign-in. Prints `ready` when it listens.
 */
import { readFileSync } from "node:fs";

import { Provider } from "oidc-provider";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const people = () => JSON.parse(readFileSync(settings.people, "utf8"));

const provider = new Provider(settings.issuer, {
  clients: settings.clients,
  jwks: settings.jwks,
  cookies: { keys: ["for tests only"] },
  // Which scope shows which claims; groups come with the profile.
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "groups"],
  },
  // Off: claims of scopes are in the ID token, too, as with most companies' providers.
  conformIdTokenClaims: settings.conformIdTokenClaims ?? false,
  findAccount: (_context, login) => {
    const claims = people()[login];
    return claims && { accountId: login, claims: () => ({ sub: login, ...claims }) };
  },
});
provider.on("server_error", (_context, error) => console.error(error));
// Whoever started it has ended.
process.stdin.on("end", () => process.exit()).resume();
provider.listen(settings.port, "127.0.0.1", () => console.log("ready"));

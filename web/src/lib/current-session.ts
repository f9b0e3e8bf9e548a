/** This browser's session. What it calls with is loaded when there is something to refresh. */
import { Session } from "./session";

export const session = new Session(async (refreshToken) => {
  const { openAuth, storedSession } = await import("./transport");
  return storedSession(await openAuth.refreshToken({ refreshToken }));
});

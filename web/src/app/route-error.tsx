/** Something failed within a page; the shell around it stays. */
import { useRouteError } from "react-router";

import { Broken } from "./error-boundary";

const RELOADED = "argus.reloaded";

export function RouteError() {
  const error = useRouteError();
  if (isMissingChunk(error)) {
    // A newer Argus is running: its page has other files. Once is enough; then it is the network.
    const last = Number(sessionStorage.getItem(RELOADED) ?? "0");
    if (navigator.onLine && Date.now() - last > 60_000) {
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.reload();
      return null;
    }
  } else {
    console.error(error);
  }
  return <Broken />;
}

function isMissingChunk(error: unknown): boolean {
  return error instanceof TypeError && /dynamically imported module|module script|Importing a module/i.test(error.message);
}

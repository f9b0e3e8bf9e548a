import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";

import "./styles.css";

import { ErrorBoundary } from "./app/error-boundary";
import { signInPath } from "./app/paths";
import { makeRouter, PUBLIC_PATHS } from "./app/router";
import { session } from "./lib/current-session";
import { keyRegistry } from "./lib/keys";
import { applyTheme, subscribeTheme } from "./lib/theme";

applyTheme();
// What another tab chooses holds here too, on every page.
subscribeTheme(() => undefined);
addEventListener("keydown", (event) => keyRegistry.handle(event));

// Signed out, the other pages' code is not even loaded.
if (session.getState().status === "signed-out" && !PUBLIC_PATHS.includes(location.pathname)) {
  history.replaceState(null, "", signInPath(location));
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <RouterProvider router={makeRouter()} />
    </ErrorBoundary>
  </StrictMode>,
);
// The first thing that is done on any page needs it; the form is there before.
void import("./lib/transport");

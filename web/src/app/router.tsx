/** All pages. Only signing in is loaded at once; each feature brings its own routes. */
import { createBrowserRouter, Navigate, Outlet, useLocation } from "react-router";

import { DELETED_PATH } from "@/features/account/deleted-path";
import { accountRoutes } from "@/features/account/routes";
import { inspectRoutes } from "@/features/inspect/routes";
import { libraryRoutes } from "@/features/library/routes";
import { mapRoutes } from "@/features/map/routes";
import { savedRoutes } from "@/features/saved/routes";
import { searchRoutes } from "@/features/search/routes";
import { statusRoutes } from "@/features/status/routes";
import { useSessionState } from "@/lib/use-session";

import { signInPath } from "./paths";
import { RouteError } from "./route-error";
import { SignInPage } from "./sign-in-page";

export const PUBLIC_PATHS = ["/sign-in", "/sign-in/callback", "/register", "/forgot-password", "/reset-password", "/confirm-email", DELETED_PATH];

export function makeRouter(): ReturnType<typeof createBrowserRouter> {
  return createBrowserRouter([
    {
      errorElement: <RouteError />,
      hydrateFallbackElement: <></>,
      children: [
        { path: "/sign-in", element: <SignInPage /> },
        { path: "/sign-in/callback", lazy: () => import("./sign-in-callback-page") },
        { path: "/register", lazy: () => import("./register-page") },
        { path: "/forgot-password", lazy: () => import("./forgot-password-page") },
        { path: "/reset-password", lazy: () => import("./reset-password-page") },
        { path: "/confirm-email", lazy: () => import("./confirm-email-page") },
        { path: DELETED_PATH, lazy: () => import("./account-deleted-page") },
        {
          element: <RequireSession />,
          children: [
            {
              lazy: () => import("./shell"),
              children: [
                {
                  errorElement: <RouteError />,
                  children: [
                    { index: true, element: <Navigate to="/library" replace /> },
                    ...libraryRoutes,
                    ...searchRoutes,
                    ...savedRoutes,
                    ...inspectRoutes,
                    ...mapRoutes,
                    ...statusRoutes,
                    ...accountRoutes,
                    { path: "*", lazy: () => import("./not-found-page") },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
  ]);
}

function RequireSession() {
  const state = useSessionState();
  const location = useLocation();
  if (state.status === "signed-in") return <Outlet key={state.account.userId} />;
  // Whoever signed out begins anew; whose session ended goes on where they were.
  return <Navigate to={state.ended ? signInPath(location) : "/sign-in"} replace />;
}

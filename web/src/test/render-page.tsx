/** Renders a page as the shell does, with faked services that speak real messages. */
import { createRouterTransport, type ConnectRouter } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ComponentType } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { afterEach, vi } from "vitest";

import { keyRegistry } from "@/lib/keys";

export const PAGE_WIDTH = 1000;

/** Shows `Page` at a path; other paths are empty. Elements have a size, which happy-dom does not give them. */
export function renderPage(Page: ComponentType, path: string, services: (router: ConnectRouter) => void) {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(PAGE_WIDTH);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(800);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(800);
  vi.spyOn(HTMLElement.prototype, "offsetWidth", "get").mockReturnValue(PAGE_WIDTH);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createMemoryRouter([{ path: new URL(path, location.origin).pathname, element: <Page /> }, { path: "*", element: null }], {
    initialEntries: [path],
  });
  const view = render(
    <TransportProvider transport={createRouterTransport(services)}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </TransportProvider>,
  );
  const onKey = (event: KeyboardEvent): void => {
    keyRegistry.handle(event);
  };
  addEventListener("keydown", onKey);
  cleanups.push(() => removeEventListener("keydown", onKey));
  return { ...view, router, client };
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

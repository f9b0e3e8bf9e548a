/** Around every page: where one can go, and what is at work everywhere. */
import { Suspense, useEffect, useState } from "react";
import { NavLink, Outlet, useNavigate, useNavigation } from "react-router";

import { keyRegistry, type ListedScope } from "@/lib/keys";
import { SearchSlot } from "@/lib/search-slot";
import { onShortcutSheet } from "@/lib/shortcut-sheet";
import { useAccount } from "@/lib/use-session";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/cx";
import { type Icon, InspectIcon, KeyboardIcon, LibraryIcon, MapIcon, SearchIcon, StatusIcon } from "@/ui/icons";
import { ProgressBar } from "@/ui/states";
import { Toaster } from "@/ui/toast";
import { useShortcuts } from "@/ui/use-shortcuts";
import { EyeMark } from "@/ui/wordmark";

import { ConnectionBanner } from "./connection-banner";
import { Everywhere } from "./everywhere";
import { Providers } from "./providers";
import { SaveSearchSlot } from "./save-search-slot";
import { ShortcutSheet } from "./shortcut-sheet";

const PLACES: readonly { to: string; label: string; icon: Icon; keys: string }[] = [
  { to: "/library", label: "Library", icon: LibraryIcon, keys: "g l" },
  { to: "/search", label: "Search", icon: SearchIcon, keys: "g s" },
  { to: "/inspect", label: "Inspect", icon: InspectIcon, keys: "g i" },
  { to: "/map", label: "Map", icon: MapIcon, keys: "g m" },
  { to: "/status", label: "Status", icon: StatusIcon, keys: "g t" },
];

export function Component() {
  return (
    <Providers>
      <Shell />
      <Toaster />
    </Providers>
  );
}

function Shell() {
  const navigate = useNavigate();
  const navigation = useNavigation();
  const [sheet, setSheet] = useState<readonly ListedScope[] | null>(null);
  const openSheet = (): void => setSheet(keyRegistry.list());
  useEffect(() => onShortcutSheet(() => setSheet(keyRegistry.list())), []);

  useShortcuts({ title: "Everywhere" }, [
    { keys: "?", description: "Show the keyboard shortcuts", run: openSheet },
    { keys: "/", description: "Search", run: () => void navigate("/search") },
    ...PLACES.map(({ to, label, keys }) => ({ keys, description: `Go to ${label}`, run: () => void navigate(to) })),
    { keys: "g a", description: "Go to your account", run: () => void navigate("/account") },
  ]);

  return (
    <div className="flex h-full flex-col sm:flex-row">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-4 py-2 font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <Rail onKeys={openSheet} />
      <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
        {navigation.state !== "idle" && (
          <div className="absolute inset-x-0 top-0 z-30">
            <ProgressBar label="Loading the page" />
          </div>
        )}
        <ConnectionBanner />
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 outline-none">
          <Suspense fallback={null}>
            <SearchSlot value={SaveSearchSlot}>
              <Outlet />
            </SearchSlot>
          </Suspense>
        </main>
      </div>
      <Everywhere />
      {sheet && <ShortcutSheet scopes={sheet} onClose={() => setSheet(null)} />}
    </div>
  );
}

function Rail({ onKeys }: { onKeys: () => void }) {
  const account = useAccount();
  return (
    <nav
      aria-label="Main"
      className={cx(
        "order-last flex shrink-0 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)]",
        "sm:order-first sm:w-20 sm:flex-col sm:items-center sm:border-t-0 sm:border-r sm:py-4",
      )}
    >
      <NavLink to="/library" aria-label="Argus, to your library" className="mb-6 hidden rounded-md p-1 sm:block">
        <EyeMark size={32} />
      </NavLink>
      <ul className="flex flex-1 justify-around sm:w-full sm:flex-none sm:flex-col sm:gap-1 sm:px-2">
        {PLACES.map((place) => (
          <li key={place.to} className="flex-1 sm:flex-none">
            <NavLink to={place.to} className={railLink}>
              <place.icon />
              {place.label}
            </NavLink>
          </li>
        ))}
        <li className="flex-1 sm:hidden">
          <NavLink to="/account" className={railLink}>
            <Initial name={account.displayName || account.email} small />
            You
          </NavLink>
        </li>
      </ul>
      <div className="mt-auto hidden flex-col items-center gap-3 sm:flex">
        <IconButton icon={KeyboardIcon} label="Keyboard shortcuts" keys="?" onClick={onKeys} />
        <NavLink to="/account" aria-label="Your account" className="rounded-full aria-[current]:ring-2 aria-[current]:ring-accent aria-[current]:ring-offset-2 aria-[current]:ring-offset-surface">
          <Initial name={account.displayName || account.email} />
        </NavLink>
      </div>
    </nav>
  );
}

function railLink({ isActive }: { isActive: boolean }): string {
  return cx(
    "flex h-14 flex-col items-center justify-center gap-1 rounded-md text-xs font-medium -outline-offset-2 transition-colors",
    isActive ? "text-accent sm:bg-accent-soft" : "text-ink-faint hover:text-ink sm:hover:bg-sunken",
  );
}

function Initial({ name, small = false }: { name: string; small?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "grid place-items-center rounded-full bg-ink font-semibold text-canvas",
        small ? "size-5 text-xs" : "size-8 text-sm",
      )}
    >
      {Array.from(name)[0]?.toUpperCase() ?? "?"}
    </span>
  );
}

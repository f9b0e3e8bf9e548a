/** The pages of inspecting, as links; each keeps the set that one works with. */
import { NavLink } from "react-router";

import { cx } from "@/ui/cx";

export function InspectTabs({ setId }: { setId?: string | undefined }) {
  const query = setId ? `?set=${setId}` : "";
  const tabs = [
    { to: "/inspect", label: "Sets", end: true },
    { to: `/inspect/run${query}`, label: "Run", end: false },
    { to: `/inspect/review${query}`, label: "Review", end: false },
    { to: `/inspect/history${query}`, label: "History", end: false },
  ];
  return (
    <nav aria-label="Inspecting" className="-mx-1 flex gap-1 overflow-x-auto">
      {tabs.map((tab) => (
        <NavLink
          key={tab.label}
          to={tab.to}
          end={tab.end}
          className={({ isActive }) =>
            cx("flex h-8 items-center rounded-md px-3 text-sm font-medium", isActive ? "bg-accent-soft text-accent" : "text-ink-soft hover:bg-sunken hover:text-ink")
          }
        >
          {tab.label}
        </NavLink>
      ))}
    </nav>
  );
}

/** The page's colours as pixels, for what is painted; anew when the theme changes. */
import { useEffect, useMemo, useState } from "react";

import { subscribeTheme } from "@/lib/theme";

import { type Paint, packed } from "./paint";
import { CATEGORY_COLOURS, rgbOf } from "./palette";

const DARK = "(prefers-color-scheme: dark)";

export function useDark(): boolean {
  const [dark, setDark] = useState(isDark);
  useEffect(() => {
    const update = (): void => setDark(isDark());
    const media = matchMedia(DARK);
    media.addEventListener("change", update);
    const stop = subscribeTheme(update);
    return () => {
      media.removeEventListener("change", update);
      stop();
    };
  }, []);
  return dark;
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined ? matchMedia(DARK).matches : chosen === "dark";
}

/** @param coloured whether points have categories; those without one are then paler */
export function usePaint(dark: boolean, coloured: boolean): Paint {
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const token = (name: string): number => packed(...rgbOf(style.getPropertyValue(name)));
    const plain = token(coloured ? "--line-strong" : "--ink-soft");
    return {
      ground: token("--canvas"),
      colours: [plain, ...CATEGORY_COLOURS[dark ? "dark" : "light"].map((colour) => packed(...rgbOf(colour)))],
      strong: token("--accent"),
    };
  }, [dark, coloured]);
}

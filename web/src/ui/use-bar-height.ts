/** Keeps toasts above a bar at the end of a page, for instance one whose buttons are pressed again and again. */
import { type RefObject, useLayoutEffect } from "react";

export function useBarHeight(bar: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return undefined;
    const { style } = document.documentElement;
    const tell = (): void => style.setProperty("--above-bar", `${element.offsetHeight}px`);
    tell();
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    return () => {
      observer.disconnect();
      style.removeProperty("--above-bar");
    };
  }, [bar]);
}

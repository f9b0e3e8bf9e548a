/** Where a scroller was, by history entry: coming back shows the same place, also after a reload. */
import { type RefObject, useLayoutEffect, useRef } from "react";
import { useLocation } from "react-router";

const PREFIX = "argus.scroll.";

/**
 * Remembers and restores `scrollTop`. `height` is the content's: what is remembered is restored as soon
 * as the content is tall enough, unless the person scrolled meanwhile.
 */
export function useScrollMemory(scroller: RefObject<HTMLElement | null>, name: string, height: number): void {
  const { key } = useLocation();
  const entry = `${PREFIX}${key}.${name}`;
  const pending = useRef<number | null>(null);
  const mounted = useRef(false);

  useLayoutEffect(() => {
    if (mounted.current) return;
    mounted.current = true;
    pending.current = Number(sessionStorage.getItem(entry) ?? "0") || null;
  }, [entry]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || pending.current === null) return;
    if (height < pending.current) return;
    element.scrollTop = pending.current;
    pending.current = null;
  }, [scroller, height]);

  // A layout effect: its end comes while the scroller still has its place.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const save = (): void => {
      if (pending.current === null) sessionStorage.setItem(entry, String(Math.round(element.scrollTop)));
    };
    const giveUp = (): void => {
      pending.current = null;
    };
    save();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onScroll = (): void => {
      clearTimeout(timer);
      timer = setTimeout(save, 100);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    element.addEventListener("wheel", giveUp, { passive: true });
    element.addEventListener("touchmove", giveUp, { passive: true });
    addEventListener("pagehide", save);
    return () => {
      clearTimeout(timer);
      save();
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("wheel", giveUp);
      element.removeEventListener("touchmove", giveUp);
      removeEventListener("pagehide", save);
    };
  }, [scroller, entry]);
}

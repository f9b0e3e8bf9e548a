/** An image that keeps its place: blurred at first, sharp when it is there, a sign if it never comes. */
import { useEffect, useRef, useState } from "react";

import { paintThumbhash } from "@/lib/thumbhash";

import { cx } from "./cx";
import { ImageIcon } from "./icons";

const QUICK_MS = 150;
const FITS = { cover: "object-cover", contain: "object-contain" };

export interface ThumbProps {
  /** Same-origin path (`storePath`), or a blob URL; undefined while there is none. */
  src: string | undefined;
  /** Empty if the image is named beside it. */
  alt: string;
  thumbhash?: Uint8Array | undefined;
  /** Width over height, to keep room; without it the box must have a size of its own. */
  aspect?: number | undefined;
  fit?: "cover" | "contain";
  /** Called when the image does not load, for instance because its signature is too old. */
  onBroken?: () => void;
  className?: string;
}

export function Thumb({ src, alt, thumbhash, aspect, fit = "cover", onBroken, className }: ThumbProps) {
  const kept = useStableSource(src);
  const [shown, setShown] = useState<string | undefined>();
  return (
    <div
      className={cx("relative overflow-hidden bg-sunken", className)}
      style={aspect === undefined ? undefined : { aspectRatio: aspect }}
    >
      {(shown === undefined || shown !== kept) && <Blur hash={thumbhash} fit={fit} />}
      {kept !== undefined && (
        <Picture key={pathOf(kept)} src={kept} alt={alt} fit={fit} onShown={() => setShown(kept)} onBroken={onBroken} />
      )}
    </div>
  );
}

interface PictureProps {
  src: string;
  alt: string;
  fit: "cover" | "contain";
  /** It covers what is behind it now. */
  onShown: () => void;
  onBroken: (() => void) | undefined;
}

function Picture({ src, alt, fit, onShown, onBroken }: PictureProps) {
  const [state, setState] = useState<"loading" | "fading" | "there" | "broken">("loading");
  const [begun] = useState(() => performance.now());
  const there = (): void => {
    setState("there");
    onShown();
  };
  if (state === "broken") {
    return (
      <div role="img" aria-label={alt || "Image"} className="absolute inset-0 grid place-items-center text-ink-faint">
        <ImageIcon />
      </div>
    );
  }
  return (
    <img
      src={src}
      alt={alt}
      decoding="async"
      draggable={false}
      // What is cached must not fade in, or scrolling would flicker.
      onLoad={() => (performance.now() - begun < QUICK_MS ? there() : setState("fading"))}
      onTransitionEnd={there}
      onError={() => {
        setState("broken");
        onBroken?.();
      }}
      className={cx(
        "absolute inset-0 size-full",
        FITS[fit],
        state === "loading" && "opacity-0",
        state === "fading" && "transition-opacity duration-200",
      )}
    />
  );
}

function Blur({ hash, fit }: { hash: Uint8Array | undefined; fit: "cover" | "contain" }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // After the frame: a screenful of them must not keep what is around them waiting.
  useEffect(() => {
    if (canvas.current && hash) paintThumbhash(canvas.current, hash);
  }, [hash]);
  return hash && <canvas ref={canvas} aria-hidden="true" className={cx("absolute inset-0 size-full", FITS[fit])} />;
}

/** Signatures change with every answer; what shows already is not loaded again for a new one. */
function useStableSource(src: string | undefined): string | undefined {
  const [kept, setKept] = useState(src);
  if (src === kept) return kept;
  if (src !== undefined && kept !== undefined && pathOf(src) === pathOf(kept)) return kept;
  setKept(src);
  return src;
}

function pathOf(src: string): string {
  return src.split("?", 1)[0] ?? src;
}

/** An image that keeps its place: blurred at first, sharp when it is there, a sign if it never comes. */
import { useEffect, useRef, useState } from "react";

import { decodeThumbhash } from "@/lib/thumbhash";

import { cx } from "./cx";
import { ImageIcon } from "./icons";

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
  return (
    <div
      className={cx("relative overflow-hidden bg-sunken", className)}
      style={aspect === undefined ? undefined : { aspectRatio: aspect }}
    >
      <Blur hash={thumbhash} fit={fit} />
      {kept !== undefined && <Picture key={pathOf(kept)} src={kept} alt={alt} fit={fit} onBroken={onBroken} />}
    </div>
  );
}

function Picture({ src, alt, fit, onBroken }: { src: string; alt: string; fit: "cover" | "contain"; onBroken: (() => void) | undefined }) {
  const [state, setState] = useState<"loading" | "there" | "broken">("loading");
  if (state === "broken") {
    return (
      <div role="img" aria-label={alt || "Image"} className="absolute inset-0 grid place-items-center text-ink-faint">
        <ImageIcon />
      </div>
    );
  }
  return (
    <img
      // What is cached is there at once and must not fade in.
      ref={(element) => {
        if (element?.complete && element.naturalWidth > 0) setState("there");
      }}
      src={src}
      alt={alt}
      decoding="async"
      draggable={false}
      onLoad={() => setState("there")}
      onError={() => {
        setState("broken");
        onBroken?.();
      }}
      className={cx(
        "absolute inset-0 size-full transition-opacity duration-200",
        fit === "cover" ? "object-cover" : "object-contain",
        state === "loading" && "opacity-0",
      )}
    />
  );
}

function Blur({ hash, fit }: { hash: Uint8Array | undefined; fit: "cover" | "contain" }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pixels = decodeThumbhash(hash);
    const target = canvas.current;
    if (!target || !pixels) return;
    target.width = pixels.width;
    target.height = pixels.height;
    target.getContext("2d")?.putImageData(pixels, 0, 0);
  }, [hash]);
  if (!hash || hash.length === 0) return null;
  return (
    <canvas
      ref={canvas}
      aria-hidden="true"
      width={1}
      height={1}
      className={cx("absolute inset-0 size-full", fit === "cover" ? "object-cover" : "object-contain")}
    />
  );
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

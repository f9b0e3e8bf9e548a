/** What is drawn over an inspected image: heat, where it passes the threshold, and regions with their scores. */
import type { Region } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { cx } from "@/ui/cx";

import type { Heat } from "./heat";
import { HeatCanvas } from "./heat-canvas";
import { formatRatio, ratioOf } from "./words";

export function HeatOverlay({ heat, opacity }: { heat: Heat; opacity: number }) {
  return (
    <>
      <HeatCanvas heat={heat} opacity={opacity} />
      {heat.outline !== "" && (
        <Outline paths={[heat.outline]} className="opacity-80" />
      )}
    </>
  );
}

/** Each line is dark with a light one in it, so that it is seen on any image. */
function Outline({ paths, className }: { paths: readonly string[]; className?: string }) {
  return (
    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" className={cx("pointer-events-none absolute inset-0 size-full overflow-visible", className)}>
      {paths.map((path, index) => (
        <g key={index} fill="none" strokeLinejoin="round">
          <path d={path} stroke="#17171a" strokeWidth={3} vectorEffect="non-scaling-stroke" />
          <path d={path} stroke="#ffffff" strokeWidth={1.25} strokeDasharray="4 3" vectorEffect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
}

export interface RegionsProps {
  regions: readonly Region[];
  threshold: number;
  chosen: number | null;
  onChoose: (index: number) => void;
}

export function Regions({ regions, threshold, chosen, onChoose }: RegionsProps) {
  return (
    <>
      <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" className="pointer-events-none absolute inset-0 size-full overflow-visible">
        {regions.map((region, index) => {
          const points = region.polygon.map(({ x, y }) => `${x * 1000},${y * 1000}`).join(" ");
          const wide = chosen === index;
          return (
            <g key={index} fill="none" strokeLinejoin="round">
              <polygon points={points} stroke="#17171a" strokeWidth={wide ? 5 : 4} vectorEffect="non-scaling-stroke" />
              <polygon points={points} stroke="#ffffff" strokeWidth={wide ? 2.5 : 1.5} vectorEffect="non-scaling-stroke" />
            </g>
          );
        })}
      </svg>
      {regions.map(({ box, score }, index) =>
        box ? (
          <button
            key={index}
            type="button"
            data-region={index}
            aria-label={`Region ${index + 1}, ${formatRatio(ratioOf({ score, threshold }))} the threshold`}
            aria-pressed={chosen === index}
            onClick={() => onChoose(index)}
            className="absolute min-h-6 min-w-6"
            style={{
              left: `${box.left * 100}%`,
              top: `${box.top * 100}%`,
              width: `${(box.right - box.left) * 100}%`,
              height: `${(box.bottom - box.top) * 100}%`,
            }}
          >
            <span
              className={cx(
                "absolute left-0 rounded-sm bg-ink px-1 text-xs font-medium whitespace-nowrap text-canvas tabular-nums",
                // Above the region, or in it where that would be cut off.
                box.top > 0.06 ? "bottom-full mb-1" : "top-1 ml-1",
              )}
            >
              {index + 1} · {formatRatio(ratioOf({ score, threshold }))}
            </span>
          </button>
        ) : null,
      )}
    </>
  );
}

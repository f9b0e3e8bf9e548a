/**
 * Two histograms of scores on one axis: normal images that were held out above it, recent inspections
 * mirrored below. Judged ones differ by pattern, not by colour alone. A press moves the candidate.
 */
import { type PointerEvent, type ReactNode, useId } from "react";

import { formatScore } from "@/lib/numbers";
import { digitsFor, linearScale, niceStep, ticksOf } from "@/lib/plot/scale";
import { useWidth } from "@/lib/plot/use-width";

import { binsOf, domainOf, recentIn, type ScoreHistogram } from "./score-counts";

const HALF = 120;
const AXIS = 28;
const TOP = 24;
const BOTTOM = 24;
const HEIGHT = TOP + HALF + AXIS + HALF + BOTTOM;
/** A slider's thumb is 16 px wide and its middle marks the value. */
const INSET = 8;
/** What is there can be seen, however little. */
const LEAST = 2;

interface Props {
  histogram: ScoreHistogram;
  present: number;
  candidate: number;
  onCandidate: (score: number) => void;
  /** On the plot's axis, below it: a slider. */
  children: ReactNode;
}

export function ScorePlot({ histogram, present, candidate, onCandidate, children }: Props) {
  const [box, width] = useWidth<HTMLDivElement>();
  const id = useId();
  const bins = binsOf(histogram);
  const domain = domainOf(histogram, present);
  const x = linearScale(domain, [INSET, Math.max(INSET, width - INSET)]);
  const mostHeldOut = Math.max(1, ...bins.map((bin) => bin.heldOut));
  const mostRecent = Math.max(1, ...bins.map(recentIn));
  const axisTop = TOP + HALF;
  const axisBottom = axisTop + AXIS;
  const wanted = Math.max(2, Math.floor(width / 64));
  const ticks = ticksOf(domain[0], domain[1], wanted);
  const digits = digitsFor(niceStep((domain[1] - domain[0]) / wanted));
  const tall = (count: number, most: number): number => (count === 0 ? 0 : Math.max(LEAST, (count / most) * (HALF - 8)));

  const move = (event: PointerEvent<SVGSVGElement>): void => {
    if (event.type === "pointermove" && event.buttons !== 1) return;
    const left = event.currentTarget.getBoundingClientRect().left;
    onCandidate(Math.min(domain[1], Math.max(domain[0], x.invert(event.clientX - left))));
  };

  return (
    <div ref={box} className="w-full">
      <svg
        role="img"
        aria-label={summaryOf(histogram, present, candidate)}
        width={width}
        height={HEIGHT}
        className="block touch-pan-y overflow-visible select-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          move(event);
        }}
        onPointerMove={move}
      >
        <defs>
          <Hatch id={`${id}-defective`} />
          <Dots id={`${id}-normal`} />
        </defs>
        <text x={INSET} y={14} className="fill-ink-soft text-xs">
          Held-out normal images ({histogram.heldOutCount}), at most {mostHeldOut} a bar
        </text>
        <text x={INSET} y={HEIGHT - 8} className="fill-ink-soft text-xs">
          Recent inspections ({histogram.recentCount}){histogram.recentCount > 0 && `, at most ${mostRecent} a bar`}
        </text>
        {histogram.recentCount === 0 && (
          <text x={width / 2} y={axisBottom + HALF / 2} textAnchor="middle" className="fill-ink-faint text-sm">
            Nothing inspected with this version yet
          </text>
        )}
        {bins.map((bin, index) => {
          const left = x(bin.low) + 0.5;
          const wide = Math.max(0.5, x(bin.high) - x(bin.low) - 1);
          const up = tall(bin.heldOut, mostHeldOut);
          let below = axisBottom;
          const stack = [
            { count: bin.judgedNormal, fill: `url(#${id}-normal)` },
            { count: bin.judgedDefective, fill: `url(#${id}-defective)` },
            { count: bin.unjudged, fill: undefined },
          ].map(({ count, fill }) => {
            const down = tall(count, mostRecent);
            const top = below;
            below += down;
            return { top, down, fill };
          });
          return (
            <g key={index}>
              {up > 0 && <rect x={left} y={axisTop - up} width={wide} height={up} className="fill-ink-faint" />}
              {stack.map(
                ({ top, down, fill }, at) =>
                  down > 0 && <rect key={at} x={left} y={top} width={wide} height={down} {...(fill ? { fill } : { className: "fill-line-strong" })} />,
              )}
            </g>
          );
        })}
        <line x1={0} x2={width} y1={axisTop + 0.5} y2={axisTop + 0.5} className="stroke-line-strong" />
        <line x1={0} x2={width} y1={axisBottom - 0.5} y2={axisBottom - 0.5} className="stroke-line-strong" />
        {ticks.map((tick) => (
          <text key={tick} x={x(tick)} y={axisTop + AXIS / 2 + 4} textAnchor="middle" className="fill-ink-faint text-xs tabular-nums">
            {formatScore(tick, digits)}
          </text>
        ))}
        <line x1={x(present)} x2={x(present)} y1={TOP} y2={HEIGHT - BOTTOM} className="stroke-ink" strokeWidth={1.5} strokeDasharray="4 3" />
        {candidate !== present && <line x1={x(candidate)} x2={x(candidate)} y1={TOP} y2={HEIGHT - BOTTOM} className="stroke-accent" strokeWidth={2} />}
      </svg>
      {children}
      <Legend id={id} moved={candidate !== present} />
    </div>
  );
}

/** What the plot shows, for who does not see it; the numbers are in a table below it. */
function summaryOf({ heldOutCount, recentCount, judgedNormal, judgedDefective }: ScoreHistogram, present: number, candidate: number): string {
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
  return (
    `Histograms of scores: ${heldOutCount} held-out normal images above, ${recentCount} recent inspections below, ` +
    `${sum(judgedNormal)} of them judged normal and ${sum(judgedDefective)} defective. ` +
    `The present threshold is ${formatScore(present)}, the chosen one ${formatScore(candidate)}.`
  );
}

function Hatch({ id }: { id: string }) {
  return (
    <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="5" height="5" className="fill-anomalous-soft" />
      <rect width="3" height="5" className="fill-anomalous" />
    </pattern>
  );
}

function Dots({ id }: { id: string }) {
  return (
    <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse">
      <rect width="5" height="5" className="fill-normal" />
      <circle cx="2.5" cy="2.5" r="1" className="fill-normal-soft" />
    </pattern>
  );
}

function Legend({ id, moved }: { id: string; moved: boolean }) {
  return (
    <ul aria-label="Legend" className="mt-2 flex flex-wrap gap-x-5 gap-y-1 px-2 text-xs text-ink-soft">
      <Entry label="Held out">
        <rect width="12" height="12" className="fill-ink-faint" />
      </Entry>
      <Entry label="Inspected, not judged">
        <rect width="12" height="12" className="fill-line-strong" />
      </Entry>
      <Entry label="Judged normal (dots)">
        <rect width="12" height="12" fill={`url(#${id}-normal)`} />
      </Entry>
      <Entry label="Judged defective (stripes)">
        <rect width="12" height="12" fill={`url(#${id}-defective)`} />
      </Entry>
      <Entry label="Present threshold (dashed)">
        <line x1="6" x2="6" y1="0" y2="12" className="stroke-ink" strokeWidth={1.5} strokeDasharray="4 3" />
      </Entry>
      {moved && (
        <Entry label="Chosen threshold">
          <line x1="6" x2="6" y1="0" y2="12" className="stroke-accent" strokeWidth={2} />
        </Entry>
      )}
    </ul>
  );
}

function Entry({ label, children }: { label: string; children: ReactNode }) {
  return (
    <li className="inline-flex items-center gap-1.5">
      <svg width="12" height="12" aria-hidden="true">
        {children}
      </svg>
      {label}
    </li>
  );
}

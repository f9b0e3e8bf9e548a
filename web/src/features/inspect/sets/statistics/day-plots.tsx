/** Days: how much was inspected, and how well verdicts agreed with people. */
import { type ReactNode, useState } from "react";

import { formatCount, formatPercent } from "@/lib/numbers";
import { linearScale, ticksOf } from "@/lib/plot/scale";
import { useWidth } from "@/lib/plot/use-width";
import { formatEstimate, formatShare, type Share } from "@/lib/shares";
import { Segmented } from "@/ui/tabs";
import { Wide } from "@/ui/wide";

import { judgedIn, ratesOf, type Rates } from "../agreement";
import { type Day, dayLabel, labelled } from "./days";

const HEIGHT = 180;
const LEFT = 44;
const RIGHT = 8;
const TOP = 8;
const FOOT = 24;
const LABEL_WIDTH = 64;

const RATES = [
  { key: "falseAlarmRate", label: "False alarms" },
  { key: "precision", label: "Precision" },
  { key: "recall", label: "Recall" },
] as const satisfies readonly { key: keyof Rates; label: string }[];
type RateKey = (typeof RATES)[number]["key"];

export function DayPlots({ days }: { days: readonly Day[] }) {
  const [rate, setRate] = useState<RateKey>("falseAlarmRate");
  const name = RATES.find(({ key }) => key === rate)?.label ?? "";
  const rates = days.map(({ tally }) => ratesOf(tally)[rate]);
  return (
    <section aria-labelledby="days" className="flex flex-col gap-4">
      <h2 id="days" className="text-lg font-semibold">By day <span className="text-sm font-normal text-ink-faint">(UTC)</span></h2>
      <div className="grid gap-4 lg:grid-cols-2">
        <figure className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4">
          <figcaption className="flex min-h-9 flex-wrap items-center justify-between gap-2 text-sm font-medium">
            Inspections
            <span className="flex gap-4 text-xs font-normal text-ink-soft">
              <Swatch className="fill-line-strong">called normal</Swatch>
              <Swatch className="fill-anomalous">called anomalous (at the bottom)</Swatch>
            </span>
          </figcaption>
          <VolumePlot days={days} />
        </figure>
        <figure className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4">
          <figcaption className="flex flex-wrap items-center justify-between gap-2 text-sm font-medium">
            {name}, with the {formatPercent(0.95, 0)} interval
            <Segmented label="Rate" options={RATES} value={rate} onChange={setRate} />
          </figcaption>
          <RatePlot days={days} rates={rates} name={name} />
        </figure>
      </div>
      <DayTable days={days} />
    </section>
  );
}

function Swatch({ className, children }: { className: string; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" className={className} /></svg>
      {children}
    </span>
  );
}

function VolumePlot({ days }: { days: readonly Day[] }) {
  const most = Math.max(1, ...days.map(({ tally }) => tally.inspected));
  const total = days.reduce((sum, { tally }) => sum + tally.inspected, 0);
  return (
    <Frame
      days={days}
      most={most}
      format={(value) => formatCount(value)}
      summary={`Inspections a day, ${formatCount(total)} in ${days.length} days, at most ${formatCount(most)} a day. The table below has the numbers.`}
      whole
    >
      {(index, middle, wide, y) => {
        const tally = days[index]?.tally;
        if (!tally || tally.inspected === 0) return null;
        const bottom = y(0);
        return (
          <>
            <rect x={middle - wide / 2} width={wide} y={y(tally.inspected)} height={bottom - y(tally.inspected)} className="fill-line-strong" />
            <rect x={middle - wide / 2} width={wide} y={y(tally.anomalous)} height={bottom - y(tally.anomalous)} className="fill-anomalous" />
          </>
        );
      }}
    </Frame>
  );
}

function RatePlot({ days, rates, name }: { days: readonly Day[]; rates: readonly (Share | undefined)[]; name: string }) {
  const known = rates.filter((rate) => rate !== undefined).length;
  return (
    <div className="relative">
      <Frame
        days={days}
        most={1}
        format={(value) => formatShare(value)}
        summary={`${name} a day, known on ${known} of ${days.length} days. The table below has the numbers.`}
      >
        {(index, middle, _wide, y) => {
          const rate = rates[index];
          if (!rate) return null;
          return (
            <>
              <line x1={middle} x2={middle} y1={y(rate.low)} y2={y(rate.high)} className="stroke-line-strong" strokeWidth={3} strokeLinecap="round" />
              <circle cx={middle} cy={y(rate.value)} r={4} className="fill-ink stroke-surface" strokeWidth={1.5} />
            </>
          );
        }}
      </Frame>
      {known === 0 && <p className="absolute inset-0 grid place-items-center pb-6 text-sm text-ink-faint">Nothing was judged that would tell.</p>}
    </div>
  );
}

interface FrameProps {
  days: readonly Day[];
  /** The value at the top. */
  most: number;
  format: (value: number) => string;
  /** Only whole numbers on the axis. */
  whole?: boolean;
  summary: string;
  /** What one day has: its middle and its width in pixels, and the scale of values. */
  children: (index: number, middle: number, wide: number, y: (value: number) => number) => ReactNode;
}

function Frame({ days, most, format, whole = false, summary, children }: FrameProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const inner = Math.max(0, width - LEFT - RIGHT);
  const band = inner / Math.max(1, days.length);
  const wide = Math.max(1, Math.min(32, band * 0.7));
  const y = linearScale([0, most], [HEIGHT - FOOT, TOP]);
  const ticks = ticksOf(0, most, 4).filter((tick) => !whole || Number.isInteger(tick));
  const hasLabel = labelled(days.length, Math.floor(inner / LABEL_WIDTH));
  return (
    <div ref={box} style={{ height: HEIGHT }}>
      {width > 0 && (
        <svg role="img" aria-label={summary} width={width} height={HEIGHT} className="block">
          {ticks.map((tick) => (
            <g key={tick}>
              <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} className="stroke-line" />
              <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className="fill-ink-faint text-xs tabular-nums">
                {format(tick)}
              </text>
            </g>
          ))}
          {days.map(({ day }, index) => {
            const middle = LEFT + band * (index + 0.5);
            return (
              <g key={day}>
                {children(index, middle, wide, y)}
                {hasLabel(index) && (
                  <text x={middle} y={HEIGHT - 6} textAnchor="middle" className="fill-ink-faint text-xs">
                    {dayLabel(day)}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

function DayTable({ days }: { days: readonly Day[] }) {
  const some = days.filter(({ tally }) => tally.inspected > 0).reverse();
  return (
    <details className="text-sm">
      <summary className="text-ink-soft">The numbers, day by day</summary>
      <Wide label="Days" className="mt-2">
        <table className="tabular-nums">
          <caption className="sr-only">Statistics by day</caption>
          <thead>
            <tr className="text-left text-ink-soft">
              {["Day", "Inspected", "Anomalous", "Judged", "Precision", "Recall", "False alarms"].map((name) => (
                <th key={name} scope="col" className="py-1 pr-6 font-medium">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {some.map(({ day, tally }) => {
              const rates = ratesOf(tally);
              return (
                <tr key={day} className="border-t border-line">
                  <th scope="row" className="py-1 pr-6 text-left font-normal whitespace-nowrap">{day}</th>
                  {[tally.inspected, tally.anomalous, judgedIn(tally)].map((count, index) => <td key={index} className="py-1 pr-6">{formatCount(count)}</td>)}
                  {[rates.precision, rates.recall, rates.falseAlarmRate].map((rate, index) => (
                    <td key={index} className="py-1 pr-6 whitespace-nowrap">{formatEstimate(rate)}</td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
    </details>
  );
}

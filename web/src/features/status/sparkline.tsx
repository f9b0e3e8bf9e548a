/** A small curve of the last minutes; what it shows now is written beside it. */
export interface SparklineProps {
  values: readonly (number | undefined)[];
  /** How many values the whole width has, so that it grows from the right. */
  most: number;
}

const WIDTH = 120;
const HEIGHT = 28;

export function Sparkline({ values, most }: SparklineProps) {
  const step = WIDTH / (most - 1);
  const from = WIDTH - (values.length - 1) * step;
  const top = Math.max(1, ...values.map((value) => value ?? 0));
  const y = (value: number): number => HEIGHT - 2 - (value / top) * (HEIGHT - 4);
  // A line of nothing but zeros is the base line.
  const runs = values.some((value) => value) ? lineRuns(values) : [];
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true" className="shrink-0 text-ink-faint">
      <path d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} stroke="var(--line)" fill="none" />
      {runs.map((run) => {
        const line = run.map(([index, value]) => `${(from + index * step).toFixed(1)} ${y(value).toFixed(1)}`).join("L");
        const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0];
        return (
          <g key={first}>
            <path d={`M${line}L${(from + last * step).toFixed(1)} ${HEIGHT}L${(from + first * step).toFixed(1)} ${HEIGHT}Z`} fill="currentColor" fillOpacity={0.12} />
            <path d={`M${line}`} fill="none" stroke="currentColor" strokeWidth={1.5} strokeLinejoin="round" strokeLinecap="round" />
          </g>
        );
      })}
    </svg>
  );
}

/** The stretches without holes, each of `[index, value]`. */
export function lineRuns(values: readonly (number | undefined)[]): [number, number][][] {
  const runs: [number, number][][] = [];
  let run: [number, number][] | undefined;
  for (const [index, value] of values.entries()) {
    if (value === undefined) run = undefined;
    else if (run) run.push([index, value]);
    else runs.push((run = [[index, value]]));
  }
  return runs;
}

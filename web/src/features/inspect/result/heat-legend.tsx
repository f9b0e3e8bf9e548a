/** What the colours mean, in thresholds. */
import { FAINTEST, FULL, heatCss } from "./heat-colours";

const STOPS = Array.from({ length: 8 }, (_, index) => FAINTEST + (index / 7) * (FULL - FAINTEST));

export function HeatLegend() {
  const gradient = STOPS.map((value) => `${heatCss(value)} ${(((value - FAINTEST) / (FULL - FAINTEST)) * 100).toFixed(0)}%`).join(", ");
  return (
    <div role="img" aria-label="Colours from half the threshold, dark, to twice the threshold, light" className="flex w-40 shrink-0 flex-col">
      <div className="h-1.5 rounded-full" style={{ background: `linear-gradient(to right, ${gradient})` }} />
      <div aria-hidden="true" className="relative h-4 text-xs text-ink-faint">
        <span className="absolute left-0">½ ×</span>
        <span className="absolute left-1/3 -translate-x-1/2">1 ×</span>
        <span className="absolute right-0">2 ×</span>
      </div>
    </div>
  );
}

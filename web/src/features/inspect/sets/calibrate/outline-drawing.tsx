/** Outlines over a picture, also one that is being drawn. */
import type { Corner } from "./outlines";

/** Each line is dark with a light one in it, so that it is seen on any image; what does not count is dimmed. */
export function OutlineDrawing({ outlines, draft = [], aim }: { outlines: readonly (readonly Corner[])[]; draft?: readonly Corner[]; aim?: Corner | undefined }) {
  const paths = outlines.map((outline) => `M${outline.map(at).join("L")}Z`);
  return (
    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" className="pointer-events-none absolute inset-0 size-full overflow-visible">
      {paths.length > 0 && <path d={`M0 0H1000V1000H0Z${paths.join("")}`} fill="#17171a" fillOpacity={0.5} fillRule="evenodd" />}
      {[...paths, ...(draft.length > 0 ? [`M${draft.map(at).join("L")}`] : [])].map((path, index) => (
        <g key={index} fill="none" strokeLinejoin="round">
          <path d={path} stroke="#17171a" strokeWidth={4} vectorEffect="non-scaling-stroke" />
          <path d={path} stroke="#ffffff" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
        </g>
      ))}
      {aim && <path d={`M${aim.x * 1000} 0V1000M0 ${aim.y * 1000}H1000`} stroke="#ffffff" strokeWidth={1} vectorEffect="non-scaling-stroke" />}
      {draft.map((corner, index) => (
        // A line without length and with round ends is a dot, however the picture is stretched.
        <g key={index} strokeLinecap="round">
          <path d={`M${at(corner)}h0`} stroke="#17171a" strokeWidth={11} vectorEffect="non-scaling-stroke" />
          <path d={`M${at(corner)}h0`} stroke="#ffffff" strokeWidth={7} vectorEffect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
}

const at = ({ x, y }: Corner): string => `${x * 1000} ${y * 1000}`;

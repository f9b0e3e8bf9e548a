/** How words are written, and what else one can search with. */
import { InfoIcon } from "@/ui/icons";
import { Popover } from "@/ui/popover";

const SIGNS: readonly [string, string][] = [
  ["a dog on grass", "images that show it, and names and labels with these words"],
  ["“old town”", "name or labels have these words in a row"],
  ["-people", "they do not have this word"],
  ["-“old town”", "nor these in a row"],
];

export function SearchHint() {
  return (
    <Popover
      label="How words are written"
      icon={InfoIcon}
      align="end"
      panel={
        <div className="flex flex-col gap-3 text-sm text-pretty text-ink-soft">
          <dl className="flex flex-col gap-2">
            {SIGNS.map(([sign, meaning]) => (
              <div key={sign}>
                <dt className="font-mono text-ink">{sign}</dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
          <p>Paste, drop or choose a picture to find its like, and press it for a part of it alone. Words and a picture count together.</p>
          <p>On a result, + finds more like it and − less. What is less wanted is only ranked lower; what has a minus in the words is left out.</p>
        </div>
      }
    >
      Help
    </Popover>
  );
}

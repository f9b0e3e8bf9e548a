/** Before the first search: how one can search, examples, and what was searched for lately. */
import { useState } from "react";

import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { ImageIcon, SearchIcon } from "@/ui/icons";
import { EmptyState } from "@/ui/states";

import { forgetSearches, recentSearches } from "./recent-searches";

const EXAMPLES = ["a cat on a sofa", "something red and round", "a scratch on metal"] as const;

export interface StartProps {
  userId: string;
  /** Why words cannot be searched, if they cannot. */
  noWords: string | undefined;
  onText: (text: string) => void;
}

export function Start({ userId, noWords, onText }: StartProps) {
  const [recent, setRecent] = useState(() => recentSearches(userId));
  return (
    <div className="grid h-full overflow-y-auto">
      <EmptyState
        icon={noWords === undefined ? SearchIcon : ImageIcon}
        title={noWords === undefined ? "Search by words or by a picture" : "Search by a picture"}
        actions={
          <div className="flex flex-col items-center gap-6">
            {noWords === undefined && (
              <div role="group" aria-label="Examples" className="flex flex-wrap justify-center gap-2">
                {EXAMPLES.map((example) => (
                  <Button key={example} onClick={() => onText(example)}>
                    {example}
                  </Button>
                ))}
              </div>
            )}
            {noWords === undefined && recent.length > 0 && (
              <section aria-label="Recent searches" className="flex flex-col items-center gap-2">
                <h3 className="text-xs font-medium text-ink-faint">Recent</h3>
                <div className="flex flex-wrap justify-center gap-2">
                  {recent.map((text) => (
                    <Chip key={text} onClick={() => onText(text)}>
                      {text}
                    </Chip>
                  ))}
                </div>
                <Button
                  variant="quiet"
                  onClick={() => {
                    forgetSearches(userId);
                    setRecent([]);
                  }}
                >
                  Forget these
                </Button>
              </section>
            )}
          </div>
        }
      >
        {noWords === undefined
          ? "Say what is to be seen in the image. Or paste a picture, drop one here, or choose one with the button in the box, to find its like."
          : `${noWords} Paste a picture, drop one here, or choose one with the button in the box.`}
      </EmptyState>
    </div>
  );
}

/** Of an image that was taken from a video: plays that from there. */
import { useState } from "react";

import type { VideoPlace } from "@/gen/argus/storage/v1/image_pb.js";
import { Button } from "@/ui/button";
import { PlayIcon } from "@/ui/icons";

import { formatMoment, secondsOf } from "./moments";
import { PlayerDialog } from "./player-dialog";

export function PlayFrom({ place }: { place: VideoPlace }) {
  const [open, setOpen] = useState(false);
  const from = secondsOf(place.timestamp);
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-4">
      <p className="min-w-0 truncate text-sm text-ink-soft" title={place.filename}>
        From {place.filename}
      </p>
      <Button icon={PlayIcon} onClick={() => setOpen(true)}>
        Play from {formatMoment(from)}
      </Button>
      {open && <PlayerDialog videoId={place.videoId} from={from} onClose={() => setOpen(false)} />}
    </div>
  );
}

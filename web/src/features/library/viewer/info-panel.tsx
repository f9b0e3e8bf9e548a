/** What is known of an image, what can be changed about it, and where to go from here. */
import type { ReactNode } from "react";
import { Link } from "react-router";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { copyText } from "@/lib/clipboard";
import { formatBytes, formatCount } from "@/lib/numbers";
import { formatDateTime, formatRelative, toDate } from "@/lib/time";
import { IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { CloseIcon, CopyIcon, type Icon, InspectIcon, SearchIcon } from "@/ui/icons";
import { toast } from "@/ui/toast";

import { PlayFrom } from "../videos/play-from";
import { exposureOf, takenOf } from "./capture-words";
import { LabelsField } from "./labels-field";
import { NameField } from "./name-field";
import { NoteField } from "./note-field";
import { stateWords, typeWords } from "./words";

export interface InfoPanelProps {
  image: Image;
  labelling: boolean;
  onLabelling: (labelling: boolean) => void;
  onClose: () => void;
}

export function InfoPanel({ image, labelling, onLabelling, onClose }: InfoPanelProps) {
  const state = stateWords(image);
  const created = toDate(image.createTime);
  const taken = takenOf(image.capture);
  const exposure = image.capture ? exposureOf(image.capture) : "";
  const copy = async (): Promise<void> => {
    const done = await copyText(image.sha256);
    toast(done ? "SHA-256 copied" : "It could not be copied. Select it and copy it by hand.", { tone: done ? "success" : "error", key: "copy" });
  };
  return (
    <aside
      aria-label="About this image"
      className="appear flex flex-col overflow-y-auto bg-surface max-sm:absolute max-sm:inset-x-0 max-sm:bottom-0 max-sm:z-10 max-sm:max-h-[70%] max-sm:rounded-t-lg max-sm:pb-[env(safe-area-inset-bottom)] max-sm:shadow-pop sm:w-80 sm:shrink-0 sm:border-l sm:border-line"
    >
      <div className="sticky top-0 z-10 flex h-12 shrink-0 items-center justify-between bg-surface pr-2 pl-4">
        <h2 className="text-sm font-semibold">About this image</h2>
        <IconButton icon={CloseIcon} label="Close the panel" keys="i" onClick={onClose} />
      </div>
      <div className="flex flex-col gap-5 px-4 pb-6">
        <NameField key={image.imageId} image={image} />
        <NoteField key={`${image.imageId} note`} image={image} />
        <LabelsField key={`${image.imageId} labels`} image={image} adding={labelling} onAdding={onLabelling} />
        <dl className="grid grid-cols-[5rem_1fr] gap-x-3 gap-y-2 border-t border-line pt-4 text-sm">
          <Fact name="State">
            <Chip tone={state.tone}>{state.label}</Chip>
            {state.help && <p className="mt-1 text-pretty text-ink-soft">{state.help}</p>}
          </Fact>
          {image.width > 0 && (
            <Fact name="Pixels">
              {formatCount(image.width)} × {formatCount(image.height)}
            </Fact>
          )}
          <Fact name="Size">{formatBytes(image.sizeBytes)}</Fact>
          <Fact name="Type">{typeWords(image.contentType)}</Fact>
          {image.pageCount > 1 && <Fact name="Pages">The first of {formatCount(image.pageCount)}</Fact>}
          {taken && (
            <Fact name="Taken">
              {formatDateTime(taken.clock, { timeZone: "UTC" })} {taken.zone}
              {taken.zone === undefined && <p className="mt-1 text-pretty text-ink-soft">On the camera's clock; its time zone is not known.</p>}
            </Fact>
          )}
          {image.capture?.camera && <Fact name="Camera">{image.capture.camera}</Fact>}
          {image.capture?.lens && <Fact name="Lens">{image.capture.lens}</Fact>}
          {exposure && <Fact name="Exposure">{exposure}</Fact>}
          {image.capture?.location && (
            <Fact name="Place">
              {image.capture.location.latitude.toFixed(5)}, {image.capture.location.longitude.toFixed(5)}
            </Fact>
          )}
          {created && (
            <Fact name="Added">
              <time dateTime={created.toISOString()} title={formatRelative(created)}>
                {formatDateTime(created)}
              </time>
            </Fact>
          )}
          {image.sha256 && (
            <Fact name="SHA-256">
              <span className="flex items-start gap-1">
                <code className="min-w-0 flex-1 font-mono text-xs break-all">{image.sha256}</code>
                <IconButton icon={CopyIcon} label="Copy the SHA-256" onClick={() => void copy()} className="-mt-1.5" />
              </span>
            </Fact>
          )}
        </dl>
        {image.video && <PlayFrom key={`${image.imageId} video`} place={image.video} />}
        <nav aria-label="From this image" className="-mx-2 flex flex-col border-t border-line pt-3">
          <Way to={`/search?like=${image.imageId}`} icon={SearchIcon}>
            More like this
          </Way>
          <Way to={`/inspect/history?image=${image.imageId}`} icon={InspectIcon}>
            Inspections of this image
          </Way>
        </nav>
      </div>
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="py-0.5 text-ink-faint">{name}</dt>
      <dd className="min-w-0 py-0.5 tabular-nums">{children}</dd>
    </>
  );
}

function Way({ to, icon: Shape, children }: { to: string; icon: Icon; children: ReactNode }) {
  return (
    <Link to={to} className="flex h-9 items-center gap-3 rounded-md px-2 text-sm font-medium text-accent -outline-offset-2 hover:bg-accent-soft">
      <Shape width={18} height={18} />
      {children}
    </Link>
  );
}

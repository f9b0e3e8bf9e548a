/** A verdict in a word, a colour and a shape: a tick, a triangle, or an eye for what cannot be inspected. */
import type { InspectResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { Chip } from "@/ui/chip";
import { cx } from "@/ui/cx";
import { CheckIcon, EyeIcon, type Icon, WarningIcon } from "@/ui/icons";

import { isAlarm, isUninspectable, verdictWord } from "./words";

type Found = Pick<InspectResponse, "verdict">;

export function verdictIcon(found: Found): Icon {
  if (isUninspectable(found)) return EyeIcon;
  return isAlarm(found) ? WarningIcon : CheckIcon;
}

export function VerdictBadge({ found }: { found: Found }) {
  return (
    <Chip tone={isAlarm(found) ? "anomalous" : "normal"} icon={verdictIcon(found)}>
      {verdictWord(found)}
    </Chip>
  );
}

export function VerdictHeading({ found }: { found: Found }) {
  const Shape = verdictIcon(found);
  return (
    <h2 className={cx("flex items-center gap-2 text-xl font-semibold", isAlarm(found) ? "text-anomalous" : "text-normal")}>
      <Shape width={24} height={24} className="shrink-0" />
      {verdictWord(found)}
    </h2>
  );
}

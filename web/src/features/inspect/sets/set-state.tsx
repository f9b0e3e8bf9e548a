/** Where a set is in its life, as a chip. */
import { type ReferenceSet, ReferenceSet_State as State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { Chip } from "@/ui/chip";
import { CheckIcon, RetryIcon, WarningIcon } from "@/ui/icons";

export function SetState({ set }: { set: Pick<ReferenceSet, "state"> }) {
  switch (set.state) {
    case State.READY:
      return (
        <Chip tone="normal" icon={CheckIcon}>
          Ready
        </Chip>
      );
    case State.CALIBRATING:
      return <Chip icon={RetryIcon}>Calibrating</Chip>;
    case State.FAILED:
      return (
        <Chip tone="anomalous" icon={WarningIcon}>
          Calibration failed
        </Chip>
      );
    default:
      return <Chip>Not calibrated</Chip>;
  }
}

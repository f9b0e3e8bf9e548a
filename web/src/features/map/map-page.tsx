import { MapIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";

export function Component() {
  return (
    <Page title="Map" fill>
      <div className="grid h-full">
        <EmptyState icon={MapIcon} title="Map">
          Your collection at a glance: like images lie near each other.
        </EmptyState>
      </div>
    </Page>
  );
}

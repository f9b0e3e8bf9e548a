import { InspectIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";

export function Component() {
  return (
    <Page title="Inspect" fill>
      <div className="grid h-full">
        <EmptyState icon={InspectIcon} title="Inspect">
          Learn what is normal from images, and see what is not.
        </EmptyState>
      </div>
    </Page>
  );
}

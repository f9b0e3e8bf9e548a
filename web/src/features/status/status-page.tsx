import { StatusIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";

export function Component() {
  return (
    <Page title="Status" fill>
      <div className="grid h-full">
        <EmptyState icon={StatusIcon} title="Status">
          How the parts of Argus are.
        </EmptyState>
      </div>
    </Page>
  );
}

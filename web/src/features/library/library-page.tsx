import { LibraryIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";

export function Component() {
  return (
    <Page title="Library" fill>
      <div className="grid h-full">
        <EmptyState icon={LibraryIcon} title="Your library">
          Images that you add appear here.
        </EmptyState>
      </div>
    </Page>
  );
}

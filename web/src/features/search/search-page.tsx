import { SearchIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";

export function Component() {
  return (
    <Page title="Search" fill>
      <div className="grid h-full">
        <EmptyState icon={SearchIcon} title="Search">
          Find images by words or by another image.
        </EmptyState>
      </div>
    </Page>
  );
}

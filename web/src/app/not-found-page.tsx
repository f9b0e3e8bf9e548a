import { ButtonLink } from "@/ui/button";
import { EyeIcon } from "@/ui/icons";
import { useTitle } from "@/ui/page";
import { EmptyState } from "@/ui/states";

export function Component() {
  useTitle("Not found");
  return (
    <div className="grid h-full">
      <EmptyState
        icon={EyeIcon}
        title="Nothing to see here"
        heading="h1"
        actions={
          <ButtonLink to="/library" variant="primary">
            Go to your library
          </ButtonLink>
        }
      >
        Argus has no page at this address.
      </EmptyState>
    </div>
  );
}

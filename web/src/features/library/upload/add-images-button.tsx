/** The button that adds images: files, or a folder with all that is in it. */
import { Button, type Size, type Variant } from "@/ui/button";
import { ImageIcon, LibraryIcon, UploadIcon } from "@/ui/icons";
import { Menu } from "@/ui/menu";

import { chooseFiles } from "./choose-files";
import { useUploads } from "./use-uploads";

export function AddImagesButton({ variant = "primary", size = "sm" }: { variant?: Variant; size?: Size }) {
  const { queue } = useUploads();
  const choose = (folder: boolean): void => chooseFiles((files) => queue.add(files), { folder });
  return (
    <Menu
      label="Add images"
      trigger={(props) => (
        <Button variant={variant} size={size} icon={UploadIcon} {...props}>
          Add images
        </Button>
      )}
      items={[
        { label: "Choose files", icon: ImageIcon, run: () => choose(false) },
        { label: "Choose a folder", icon: LibraryIcon, run: () => choose(true) },
      ]}
    />
  );
}

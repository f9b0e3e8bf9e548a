/** What stands below each picture of a grid. */
import type { ReactNode } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";

export interface Caption {
  /** Pixels. */
  height: number;
  render: (image: Image) => ReactNode;
  /** Its text, which is read aloud with the name of the image. */
  say: (image: Image) => string;
}

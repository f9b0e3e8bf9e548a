/**
 * A place in the search screen's toolbar that the app may fill, for instance with a button that saves the search:
 * features do not know each other, the app knows all.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ComponentType, createContext } from "react";

import type { SearchImagesRequestSchema } from "@/gen/argus/search/v1/search_pb.js";

export interface SearchSlotProps {
  /** The search on screen, without pages; reads the pictures that it is searched with. Undefined while there is none. */
  request: (() => Promise<MessageInitShape<typeof SearchImagesRequestSchema>>) | undefined;
  /** What it is called if nobody says otherwise: its words, or the name of its picture. */
  title: string;
  /** From which score on a match is more than chance; undefined where that is not known, or the search has a least score. */
  cutoff: number | undefined;
  /** The least score of the search, or that of the first match; undefined without either. */
  score: number | undefined;
  /** Where it is: `/search?…`. */
  path: string;
}

/** What fills the place; null leaves it empty. */
export const SearchSlot = createContext<ComponentType<SearchSlotProps> | null>(null);

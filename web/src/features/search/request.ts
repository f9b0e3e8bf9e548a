/** A search as the contract takes it. */
import type { MessageInitShape } from "@bufbuild/protobuf";

import { type ExampleSchema, type SearchImagesRequest, SearchImagesRequest_Matching as Wire, type SearchImagesRequestSchema } from "@/gen/argus/search/v1/search_pb.js";

import { filterOf } from "./filter";
import type { Picture } from "./pictures";
import { type Example, imagesOf, type Matching, type Search, type Source } from "./query";

export type SearchRequest = Exclude<MessageInitShape<typeof SearchImagesRequestSchema>, SearchImagesRequest>;

const MATCHING: Record<Matching, Wire> = {
  auto: Wire.MATCHING_UNSPECIFIED,
  meaning: Wire.MEANING,
  words: Wire.WORDS,
  both: Wire.BOTH,
};

/**
 * What is asked, without pages.
 *
 * @param pictureOf the pictures in memory
 * @throws Error if one of them is not there
 */
export async function toRequest(search: Search, pictureOf: (id: string) => Picture | undefined): Promise<SearchRequest> {
  const { text, subject, manner } = search;
  const bytesOf = async (id: string): Promise<Uint8Array<ArrayBuffer>> => {
    const picture = pictureOf(id);
    if (!picture) throw new Error("The picture is gone");
    return new Uint8Array(await picture.file.arrayBuffer());
  };
  const named = async (source: Source) =>
    source.kind === "image" ? { imageId: source.imageId } : { image: await bytesOf(source.pictureId) };
  const example = async ({ of, region, weight, unlike }: Example): Promise<MessageInitShape<typeof ExampleSchema>> => ({
    source:
      of.kind === "words"
        ? { case: "text", value: of.text }
        : of.kind === "image"
          ? { case: "imageId", value: of.imageId }
          : { case: "image", value: await bytesOf(of.pictureId) },
    ...(region && { region }),
    weight: unlike ? -weight : weight,
  });
  return {
    text,
    ...(subject && (await named(subject.source))),
    ...(subject?.region && { region: subject.region }),
    examples: await Promise.all(search.examples.map(example)),
    filter: filterOf(search.filter),
    // `words` and `both` are of `text`.
    ...(text !== "" && { matching: MATCHING[manner.matching], wordsWeight: manner.wordsWeight }),
    diversity: manner.diversity,
    foldDuplicates: manner.fold,
    exact: manner.exact,
    ...(manner.within !== "auto" && { matchParts: manner.within === "parts" }),
    ...(manner.minScore !== undefined && { minScore: manner.minScore }),
    excludeImageIds: [...imagesOf(search), ...search.without],
  };
}

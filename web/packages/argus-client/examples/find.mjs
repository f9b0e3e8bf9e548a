// Uploads a picture and finds it by words: node find.mjs URL EMAIL PASSWORD PICTURE WORDS
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import { connect, factsOf, pages, untilIndexed, upload } from "argus-client";

const [url, email, password, picture, words] = process.argv.slice(2);
const argus = connect(url, { email, password });

const body = new Blob([await readFile(picture)], { type: "image/png" });
const sent = await upload(argus.images, body, { filename: basename(picture) });
const image = await untilIndexed(argus.images, sent.imageId);

const { matches } = await argus.search.searchImages({ text: words, limit: 3 });
let listed = 0;
for await (const page of pages(argus.images.listImages, { pageSize: 1 })) listed += page.images.length;

/** What an error says. */
const refused = await argus.images.getImage({ imageId: "not an id" }).catch(factsOf);

console.log(JSON.stringify({ imageId: image.imageId, state: image.state, matches: matches.map((match) => match.image.imageId), listed, reason: refused.reason }));

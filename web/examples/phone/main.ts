/** A client for a phone: sign in, take pictures, find them by words. All that speaks to Argus is `argus-client`. */
import { type ArgusClient, connect, factsOf, untilIndexed, upload } from "argus-client";

import { shrink } from "./shrink";

const signIn = document.getElementById("sign-in") as HTMLFormElement;
const app = document.getElementById("app") as HTMLDivElement;
const camera = document.getElementById("camera") as HTMLInputElement;
const progress = document.getElementById("progress") as HTMLProgressElement;
const search = document.getElementById("search") as HTMLFormElement;
const matches = document.getElementById("matches") as HTMLUListElement;
const says = document.getElementById("says") as HTMLParagraphElement;

let argus: ArgusClient;

/** Does something that may take a while or fail, and says so. */
async function telling(doing: string, work: () => Promise<string>): Promise<void> {
  says.textContent = doing;
  try {
    says.textContent = await work();
  } catch (error) {
    says.textContent = factsOf(error).message || "That did not work. Try again.";
  }
}

signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  const entered = new FormData(signIn);
  argus = connect(location.origin, { email: text(entered, "email"), password: text(entered, "password") });
  void telling("Signing in…", async () => {
    await argus.images.listImages({ pageSize: 1 });
    signIn.hidden = true;
    app.hidden = false;
    return "";
  });
});

camera.addEventListener("change", () => {
  const taken = [...(camera.files ?? [])];
  camera.value = "";
  void telling("Sending…", async () => {
    progress.hidden = false;
    try {
      for (const [done, picture] of taken.entries()) await send(picture, (share) => (progress.value = (done + share) / taken.length));
    } finally {
      progress.hidden = true;
    }
    return taken.length === 1 ? "1 picture can be found." : `${taken.length} pictures can be found.`;
  });
});

async function send(picture: File, told: (share: number) => void): Promise<void> {
  const small = await shrink(picture);
  const image = await upload(argus.images, small, {
    filename: picture.name,
    onProgress: (sent, all) => told(sent / all),
    // Through the edge, which is the one address that a phone reaches.
    route: (to) => ({ ...to, url: here(to.url) }),
  });
  await untilIndexed(argus.images, image.imageId);
}

search.addEventListener("submit", (event) => {
  event.preventDefault();
  void telling("Searching…", async () => {
    const answer = await argus.search.searchImages({ text: text(new FormData(search), "words"), limit: 20 });
    matches.replaceChildren(...answer.matches.map(({ image, score }) => shown(image?.thumbnailUrl ?? "", image?.filename ?? "", score)));
    return answer.matches.length === 0 ? "Nothing was found." : "";
  });
});

function shown(url: string, name: string, score: number): HTMLLIElement {
  const picture = Object.assign(new Image(), { src: here(url), alt: name, loading: "lazy" });
  const words = Object.assign(document.createElement("span"), { textContent: `${name} · ${score.toFixed(2)}` });
  const item = document.createElement("li");
  item.append(picture, words);
  return item;
}

/** An address of the object store, at the edge that served this page. */
function here(url: string): string {
  const { pathname, search: signature } = new URL(url, location.origin);
  return pathname + signature;
}

function text(entered: FormData, name: string): string {
  const value = entered.get(name);
  return typeof value === "string" ? value : "";
}

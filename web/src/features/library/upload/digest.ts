/** SHA-256 of a file, also where the page came over plain http and has no `crypto.subtle`. */

export async function sha256(file: Blob, subtle: SubtleCrypto | undefined = (crypto as Partial<Crypto>).subtle): Promise<string> {
  if (subtle) return hex(new Uint8Array(await subtle.digest("SHA-256", await file.arrayBuffer())));
  const { sha256: algorithm } = await import("@noble/hashes/sha2.js");
  const hash = algorithm.create();
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hex(hash.digest());
    hash.update(value);
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

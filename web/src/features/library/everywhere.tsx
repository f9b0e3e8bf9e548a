/** What the library does on every page. */
export default function LibraryEverywhere() {
  return null;
}

import { useEffect, useState } from "react";

/** A URL of bytes for as long as they are shown. */
export function useObjectUrl(bytes: Uint8Array | undefined): string | undefined {
  const [made, setMade] = useState<{ bytes: Uint8Array; url: string }>();
  useEffect(() => {
    if (!bytes) return undefined;
    const url = URL.createObjectURL(new Blob([bytes.slice()]));
    setMade({ bytes, url });
    return () => URL.revokeObjectURL(url);
  }, [bytes]);
  return made && made.bytes === bytes ? made.url : undefined;
}

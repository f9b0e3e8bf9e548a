/** Lists to their end. */

/**
 * Each page of a list, asked for when the one before is done with.
 *
 * @param call a method such as `client.images.listImages`
 */
export async function* pages<Request extends { pageToken?: string }, Page extends { nextPageToken: string }>(
  call: (request: Request) => Promise<Page>,
  request: Request,
): AsyncGenerator<Page, void> {
  for (let next = request; ; ) {
    const page = await call(next);
    yield page;
    if (page.nextPageToken === "") return;
    next = { ...request, pageToken: page.nextPageToken };
  }
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | undefined;
}

const pageRows = 500;
/** Where an API has no pages its lists end somewhere all the same. */
const mostPages = 20;

/** All pages of a list, for an API that answers lists whole. */
export const everyOf = async <T>(
  ask: (page: { readonly limit: number; readonly cursor?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> => {
  const all: T[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const { items, nextCursor } = await ask({ limit: pageRows, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...items);
    if (nextCursor === undefined) break;
    cursor = nextCursor;
  }
  return all;
};

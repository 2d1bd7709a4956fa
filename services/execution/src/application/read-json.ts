/** The body of a message; undefined where it is no JSON. */
export const readJson = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
};

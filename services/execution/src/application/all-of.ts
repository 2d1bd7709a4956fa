/** Like `Promise.all`, but when it rejects, nothing is under way any more: whoever goes on afterwards is alone. */
export const allOf = async <T>(promises: readonly Promise<T>[]): Promise<readonly T[]> => {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
};

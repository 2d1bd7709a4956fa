/** Which packages each package is built on, by folder. */
export type References = Readonly<Record<string, readonly string[]>>;

/** A package is affected by a change of anything that it is built on, however deep. */
const reaches = (references: References, from: string, changed: ReadonlySet<string>, seen: Set<string>): boolean => {
  if (changed.has(from)) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return (references[from] ?? []).some((next) => reaches(references, next, changed, seen));
};

export const affectedBy = (changed: Iterable<string>, candidates: readonly string[], references: References): string[] => {
  const set = new Set(changed);
  return candidates.filter((candidate) => reaches(references, candidate, set, new Set()));
};

/** `services/billing/src/domain/ledger.ts` belongs to `services/billing`; what is not a source belongs to nobody. */
export const packageOf = (file: string): string | undefined =>
  /\.spec\.ts$/.test(file) ? undefined : /^(?:((?:libs|services|infra)\/[^/]+|gateway))\/src\/.+\.(?:ts|json|sql)$/.exec(file)?.[1];

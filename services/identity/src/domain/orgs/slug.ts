const longest = 64;

/**
 * A slug for a name: `Müller & Söhne GmbH` → `muller-sohne-gmbh`. With a suffix, where the plain one is taken.
 * Always matches the OrgSlug contract, whatever the name.
 */
export const slugOf = (name: string, suffix = ''): string => {
  const tail = suffix && `-${suffix}`;
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, longest - tail.length)
    .replace(/-+$/, '');
  return `${plain || 'org'}${tail}`;
};

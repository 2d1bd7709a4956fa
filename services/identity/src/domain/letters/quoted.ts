const longestName = 40;

/** What people called something goes into a letter in one line, and short: nobody writes letters of their own with it. */
export const quoted = (name: string): string => {
  const line = name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll('"', "'");
  // Whatever looks like an address is none that a reader would follow.
  const plain = line.replace(/[:/.@](?=\S)/g, (sign) => `${sign} `);
  return `"${plain.length > longestName ? `${plain.slice(0, longestName)}…` : plain}"`;
};

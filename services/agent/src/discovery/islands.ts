/** The first line of the matrix is underlined for people. */
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const gpuName = /^GPU(\d+)$/;
const nvlink = /^NV\d+$/;

const cellsOf = (line: string): string[] =>
  line
    .replace(colours, '')
    .split('\t')
    .map((cell) => cell.trim());

const indexOf = (cell: string | undefined): number | undefined => {
  const digits = gpuName.exec(cell ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Pairs of GPUs that NVLink joins, each GPU also with itself, as the matrix of `nvidia-smi topo -m` tells. */
const linksOf = (matrix: string): [number, number][] => {
  const lines = matrix.split('\n').map(cellsOf);
  const heads = lines.find((cells) => indexOf(cells[0]) === undefined && cells.some((cell) => indexOf(cell) !== undefined)) ?? [];
  return lines.flatMap((cells) => {
    const row = indexOf(cells[0]);
    if (row === undefined) return [];
    const joined = heads.flatMap((head, column) => {
      const other = indexOf(head);
      return other !== undefined && nvlink.test(cells[column] ?? '') ? [other] : [];
    });
    return [row, ...joined].map((other): [number, number] => [row, other]);
  });
};

/**
 * The NVLink island of each GPU by its index: GPUs that reach each other over NVLink, directly or through others. All else that the
 * matrix may tell of two GPUs (PIX, PXB, PHB, NODE, SYS) is PCIe, and joins none.
 */
export const islandsOf = (matrix: string): ReadonlyMap<number, number> => {
  const lowest = new Map<number, number>();
  const links = linksOf(matrix);
  for (const [gpu] of links) lowest.set(gpu, gpu);
  // Each round carries the lowest index one link further; no chain is longer than there are GPUs.
  for (let round = 0; round < lowest.size; round += 1) {
    for (const [one, other] of links) {
      const least = Math.min(lowest.get(one) ?? one, lowest.get(other) ?? other);
      lowest.set(one, least).set(other, least);
    }
  }
  const numbers = [...new Set(lowest.values())].sort((a, b) => a - b);
  return new Map([...lowest].map(([gpu, least]) => [gpu, numbers.indexOf(least)]));
};

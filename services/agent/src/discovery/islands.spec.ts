import { islandsOf } from './islands.ts';

const esc = String.fromCharCode(27);
const matrix = (rows: readonly string[][]): string => {
  const names = rows.map((_, index) => `GPU${index}`);
  return [
    `\t${esc}[4m${names.join('\t')}\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID${esc}[0m`,
    ...rows.map((cells, index) => `GPU${index}\t${cells.join('\t')}\tPXB\t0-31\t0\t\tN/A`),
    `NIC0\t${rows.map(() => 'PXB').join('\t')}\t X `,
    '\nLegend:\n\n  X    = Self\n  NV#  = Connection traversing a bonded set of # NVLinks\n',
  ].join('\n');
};
const islands = (rows: readonly string[][]) => [...islandsOf(matrix(rows)).values()];

describe('The NVLink islands of a machine', () => {
  it('are one where all GPUs reach each other', () => {
    expect(islands([1, 2, 3, 4].map((row) => [1, 2, 3, 4].map((column) => (row === column ? ' X ' : 'NV18'))))).toEqual([0, 0, 0, 0]);
  });

  it('are pairs where NVLink joins pairs, however near the others are over PCIe', () => {
    expect(
      islands([
        [' X ', 'NV4', 'PIX', 'PXB'],
        ['NV4', ' X ', 'PHB', 'SYS'],
        ['PIX', 'PHB', ' X ', 'NV4'],
        ['PXB', 'SYS', 'NV4', ' X '],
      ]),
    ).toEqual([0, 0, 1, 1]);
  });

  it('hold those that reach each other through others, whatever the order', () => {
    expect(
      islands([
        [' X ', 'SYS', 'NODE', 'NV1'],
        ['SYS', ' X ', 'NV2', 'SYS'],
        ['NODE', 'NV2', ' X ', 'NV1'],
        ['NV1', 'SYS', 'NV1', ' X '],
      ]),
    ).toEqual([0, 0, 0, 0]);
  });

  it('are as many as GPUs where there is no NVLink', () => {
    expect(
      islands([
        [' X ', 'PIX'],
        ['PIX', ' X '],
      ]),
    ).toEqual([0, 1]);
  });

  it('are not known where the driver tells none', () => {
    expect(islandsOf('')).toEqual(new Map());
    expect(islandsOf('Failed to get topology')).toEqual(new Map());
  });
});

import { catalogIn } from './read-file.ts';

const said = (text: string): string => {
  try {
    catalogIn(text, 'catalog.yaml');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing';
};

const model = 'models:\n  - name: orrery/tiny-chat\n    type: text\n';
const price = (line: string) =>
  `prices:\n  currency: EUR\n  list:\n    - meter: tokens.input\n      resource: orrery/tiny-chat\n      ${line}\n`;

describe('A file of the catalog', () => {
  it.each([
    ['an unknown part', 'providers: []\nservers: []\n', 'catalog.yaml:2: servers is not known here'],
    ['an unknown field', `${model}    colour: red\n`, 'catalog.yaml:4: models[0].colour is not known here'],
    [
      'an unknown field far in',
      `machineTypes:\n  - name: cpu\n    resources:\n      cpuMilli: 1\n      memoryMib: 512\n      gpus: 0\n      disks: 2\n`,
      'catalog.yaml:7: machineTypes[0].resources.disks is not known here',
    ],
    ['a missing field', 'models:\n  - name: orrery/one\n    type: text\n  - name: orrery/two\n', 'catalog.yaml:4: models[1].type '],
    ['a name that is none', 'models:\n  - name: tiny chat\n    type: text\n', 'catalog.yaml:2: models[0].name provider/name'],
    ['the same model twice', `${model}  - name: orrery/Tiny-Chat\n    type: text\n`, 'catalog.yaml:4: models[1] is here twice'],
    ['the same key twice', 'models: []\nmodels: []\n', 'catalog.yaml:2: Map keys must be unique'],
    ['no YAML', 'models: [\n', 'catalog.yaml:'],
    ['a list', '- models\n', 'catalog.yaml:1: the file '],
    ['a price that is none', price('price: cheap\n      unit: token'), 'catalog.yaml:6: prices.list[0].price is no price'],
    ['a price finer than a nano-unit', price('price: 0.0000000001\n      unit: token'), 'is no price: write it like 0.15'],
    [
      'two prices of one thing',
      price('price: 1\n      nanosPerUnit: 1\n      unit: token'),
      'catalog.yaml:6: prices.list[0].price is said twice',
    ],
    [
      'a price below nothing',
      price('nanosPerUnit: -1\n      unit: token'),
      'catalog.yaml:6: prices.list[0].nanosPerUnit is less than nothing',
    ],
    ['a unit that the meter does not count', price('price: 1\n      unit: second'), 'catalog.yaml:7: prices.list[0].unit '],
  ])('with %s is refused, by name and line', (_, text, expected) => {
    expect(said(text)).toContain(expected);
  });

  it('tells everything that is wrong at once', () => {
    expect(said('nonsense: 1\nmodels: 2\n').split('\n')).toHaveLength(2);
  });

  it.each([
    ['price: 0.15', '150000000'],
    ["price: '0.15'", '150000000'],
    ['price: 0.000000001', '1'],
    ['price: 3', '3000000000'],
    ['nanosPerUnit: 12500', '12500'],
    ["nanosPerUnit: '12500'", '12500'],
  ])('says %s and means it to the nano-unit', (line, nanos) => {
    expect(catalogIn(price(`${line}\n      unit: million-tokens`), 'x').said.prices?.list).toMatchObject([{ nanosPerUnit: nanos }]);
  });

  it('may be empty, and say nothing', () => {
    expect(catalogIn('', 'x').said).toEqual({});
    expect(catalogIn('# later\n', 'x').said).toEqual({});
  });
});

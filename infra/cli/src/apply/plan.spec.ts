import { catalog } from '@orrery/contracts';
import type { CatalogFile } from './catalog-file.ts';
import { type Current, planOf, planText } from './plan.ts';
import { catalogIn as read } from './read-file.ts';

const at = '2026-01-01T00:00:00.000Z';
const modelId = catalog.ModelId.parse('0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01');

const noRouting = { upstreams: [], routes: [], limits: new Map() };
const empty: Current = { providers: [], machineTypes: [], models: [], book: undefined, ...noRouting };
const catalogIn = (written: string, name: string): CatalogFile => read(written, name).said;

const text = `
providers:
  - { id: orrery, name: Orrery }
machineTypes:
  - name: cpu
    resources: { cpuMilli: 500, memoryMib: 256, gpus: 0 }
models:
  - name: orrery/tiny-chat
    type: text
    aliases: [tiny]
    capabilities: [chat]
    isLive: true
prices:
  currency: EUR
  list:
    - { meter: run.seconds, resource: cpu, unit: second, nanosPerUnit: 12500 }
    - { meter: tokens.input, resource: orrery/tiny-chat, unit: million-tokens, price: 0.15 }
`;
const file = catalogIn(text, 'catalog.yaml');

/** The catalog as it is once the file was applied; stored objects may have their fields in another order. */
const applied: Current = {
  providers: [{ provider: 'orrery', name: 'Orrery', description: '', models: 1, registeredAt: at }],
  machineTypes: [{ name: 'cpu', description: '', resources: { gpus: 0, memoryMib: 256, cpuMilli: 500 } }],
  models: [
    {
      modelId,
      name: 'orrery/tiny-chat',
      provider: 'orrery',
      ...catalog.plainModelCard,
      type: 'text',
      aliases: ['tiny'],
      capabilities: ['chat'],
      isLive: true,
      pricing: null,
      registeredAt: at,
      changedAt: at,
    },
  ],
  ...noRouting,
  book: { version: 1, currency: 'EUR', effectiveAt: at, prices: [...(file.prices?.list ?? [])].reverse() },
};

const planned = (wanted: CatalogFile, current: Current, isPruning = false) => planOf(wanted, current, { isPruning });
const signs = (wanted: CatalogFile, current: Current, isPruning = false) =>
  planned(wanted, current, isPruning).steps.map(({ sign, what }) => `${sign} ${what}`);

describe('The plan of a file', () => {
  it('for an empty catalog makes all of it, in an order in which it can be done', () => {
    expect(signs(file, empty)).toEqual([
      '+ provider orrery',
      '+ machine type cpu',
      '+ model orrery/tiny-chat',
      '+ price book from now on',
      '~ model orrery/tiny-chat',
    ]);
  });

  it('is nothing when it was applied', () => {
    expect(planned(file, applied)).toEqual({ steps: [], left: [], doubts: [] });
    expect(planned(file, applied, true).steps).toEqual([]);
    expect(planText(planned(file, applied))).toBe('Nothing to do.\n');
  });

  it('names the fields that change, and sends the whole card', () => {
    const changed = catalogIn(
      text.replace('[chat]', '[chat, tools]').replace('0.15', '0.2').replace('memoryMib: 256', 'memoryMib: 512'),
      'x',
    );
    const { steps } = planned(changed, applied);
    expect(steps.map(({ details }) => details)).toEqual([
      ['resources: {cpuMilli: 500, gpus: 0, memoryMib: 256} → {cpuMilli: 500, gpus: 0, memoryMib: 512}'],
      ['capabilities: ["chat"] → ["chat", "tools"]'],
      ['~ tokens.input orrery/tiny-chat: 150000000 nano a million-tokens → 200000000 nano a million-tokens'],
    ]);
    expect(steps[1]).toMatchObject({ method: 'PATCH', path: `/models/${modelId}`, body: { family: null, aliases: ['tiny'] } });
  });

  it('gives what the file leaves out of a model what a model has without it', () => {
    const bare = catalogIn('models: [{ name: orrery/tiny-chat, type: text }]', 'x');
    expect(planned(bare, applied).steps.map(({ details }) => details)).toEqual([['aliases: ["tiny"] → []', 'capabilities: ["chat"] → []']]);
  });

  it('leaves as live as it is what the file does not speak of', () => {
    const quiet = catalogIn(text.replace('    isLive: true\n', ''), 'x');
    expect(signs(quiet, applied)).toEqual([]);
    expect(signs(catalogIn(text.replace('isLive: true', 'isLive: false'), 'x'), applied)).toEqual(['~ model orrery/tiny-chat']);
  });

  it('removes nothing that nobody asked it to, and names it', () => {
    const none = catalogIn('providers: []\nmodels: []\nmachineTypes: []\n', 'x');
    const { steps, left } = planned(none, applied);
    expect(steps).toEqual([]);
    expect(left).toEqual(['model orrery/tiny-chat', 'machine type cpu', 'provider orrery']);
    expect(signs(none, applied, true)).toEqual(['- model orrery/tiny-chat', '- machine type cpu', '- provider orrery']);
    expect(signs(catalogIn('models: []', 'x'), applied, true)).toEqual(['- model orrery/tiny-chat']);
  });

  it('keeps the prices that the file does not name, unless they are to go', () => {
    const one = catalogIn(text.replace(/ {4}- \{ meter: run.*\n/, '').replace('0.15', '0.2'), 'x');
    const [kept] = planned(one, applied).steps;
    expect(kept?.body).toMatchObject({ prices: [{ meter: 'tokens.input', nanosPerUnit: '200000000' }, { meter: 'run.seconds' }] });
    expect(planned(one, applied).left).toEqual(['price run.seconds cpu']);
    const [pruned] = planned(one, applied, true).steps;
    expect(pruned?.body).toMatchObject({ prices: [{ meter: 'tokens.input' }] });
    expect(pruned?.details).toContain('- run.seconds cpu: 12500 nano a second');
  });

  it('changes models before it registers others: one may let go of a name that another takes', () => {
    const moved = catalogIn(
      'models:\n  - { name: orrery/new, type: text, aliases: [tiny] }\n  - { name: orrery/tiny-chat, type: text, capabilities: [chat] }\n',
      'x',
    );
    expect(signs(moved, applied)).toEqual(['~ model orrery/tiny-chat', '+ model orrery/new']);
  });

  it('says what is hardly meant: a price that is nobody’s, and a model that anybody may call for nothing', () => {
    const misspelt = catalogIn(text.replace('resource: orrery/tiny-chat', 'resource: orrery/tiny-chta'), 'x');
    const nobodys = 'Prices for what is neither a model nor a machine type: orrery/tiny-chta.';
    const free = 'Live and without a price, so free for everybody: orrery/tiny-chat.';
    expect(planned(misspelt, empty).doubts).toEqual([nobodys, free]);
    expect(planText(planned(misspelt, empty)).endsWith(`\n${nobodys}\n${free}\n`)).toBe(true);
    expect(planned(misspelt, applied).doubts).toEqual([nobodys]);
    expect(planned(misspelt, applied, true).doubts).toEqual([nobodys, free]);
    expect(planned(catalogIn(text.replace('isLive: true', 'isLive: false'), 'x'), empty).doubts).toEqual([]);
    expect(planned(catalogIn('models: [{ name: orrery/tiny-chat, type: text }]', 'x'), applied).doubts).toEqual([]);
  });

  it('is told in a form that can be read', () => {
    expect(planText(planned(catalogIn('providers: [{ id: acme, name: Acme }]', 'x'), applied))).toBe(
      `+ provider acme\n1 to add, 0 to change, 0 to remove.\nThere and not in the file, and left as it is (--prune removes it): provider orrery.\n`,
    );
  });
});

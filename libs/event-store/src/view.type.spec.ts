import type { Event } from '@orrery/kernel';
import { integer, nanos, nullable, text, uuid } from './columns.ts';
import { type ChangeOf, table, write } from './table.ts';
import type { Fact } from './unit.ts';
import { type View, view } from './view.ts';

type LampEvent = Event<'Lit', { readonly by: string }> | Event<'WentOut', { readonly at: string }>;

type Fits<T, U> = T extends U ? true : false;

const lamps = view({
  name: 'lamps',
  table: 'lamps',
  columns: { id: uuid(), by: text(), times: integer(), cost: nanos(), note: nullable(text()) },
  key: ['id'],
  fold: ({ event, stream }: Fact<LampEvent>) => {
    switch (event.type) {
      case 'Lit':
        return [
          { patch: { id: stream }, set: { by: event.data.by }, add: { times: 1, cost: 3n }, from: { by: event.data.by, note: null } },
        ];
      case 'WentOut':
        return [{ drop: { id: stream } }];
    }
  },
});

describe('the types of a view', () => {
  it('let views of different events stand in one list', () => {
    const views: readonly View[] = [lamps];
    expect(views).toHaveLength(1);
  });

  it('refuse additions to text, floats of money, rows with gaps and drops without a key', () => {
    type Step = ChangeOf<typeof lamps>;
    const fits: Fits<{ patch: { id: string }; add: { times: number; cost: bigint } }, Step> = true;
    const addsToText: Fits<{ patch: { id: string }; add: { by: number } }, Step> = false;
    const addsFloats: Fits<{ patch: { id: string }; add: { cost: number } }, Step> = false;
    const setsNumber: Fits<{ patch: { id: string }; set: { by: number } }, Step> = false;
    const hasGaps: Fits<{ put: { id: string; by: string } }, Step> = false;
    const hasNoKey: Fits<{ drop: { by: string } }, Step> = false;
    expect([fits, addsToText, addsFloats, setsNumber, hasGaps, hasNoKey]).toEqual([true, false, false, false, false, false]);
  });

  it('hold for tables that are not folded, too', () => {
    const programs = table({ table: 'programs', columns: { id: uuid(), size: integer() }, key: ['id'] });
    const textAsSize: Fits<{ put: { id: string; size: string } }, ChangeOf<typeof programs>> = false;
    expect(write(programs, { put: { id: 'a', size: 1 } }).changes).toHaveLength(textAsSize ? 0 : 1);
  });
});

import fc from 'fast-check';
import type { Decision, Request } from '../request.ts';
import { Core } from './core.ts';
import { Berths } from './cove.ts';
import type { Entry } from './entry.ts';
import { Ledger } from './ledger.ts';
import { News } from './news.ts';
import { Parking } from './parking.ts';
import { Placing } from './placing.ts';
import { Round } from './round.ts';
import { defaultSettings } from './settings.ts';
import { Sought } from './sought.ts';
import { Trial } from './trial.ts';
import { Victims } from './victims.ts';

const minute = 60_000;

const asked = fc.record({
  queue: fc.constantFrom('a', 'a/x', 'b', 'c'),
  gpus: fc.integer({ min: 1, max: 4 }),
  nodes: fc.constantFrom(1, 1, 1, 2),
  rank: fc.integer({ min: -1, max: 1 }),
  isPreemptible: fc.boolean(),
  limitMs: fc.constantFrom(5, 10, 20, 40).map((minutes) => minutes * minute),
});

const step = fc.record({
  submitted: fc.array(asked, { minLength: 1, maxLength: 6 }),
  passMs: fc.integer({ min: 0, max: 8 * minute }),
  ends: fc.option(fc.nat(), { nil: null }),
});

const history = fc.record({
  machines: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
  guaranteed: fc.option(fc.integer({ min: 1, max: 6 }), { nil: null }),
  steps: fc.array(step, { maxLength: 10 }),
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Play {
  readonly core = new Core({ ...defaultSettings, reservations: 2 }, () => 0.5);
  private readonly parking = new Parking(this.core);
  private readonly ledger = new Ledger(this.core, this.parking);
  /** Nobody has looked in vain: what rounds remember of each other is not meant. */
  private readonly news = new News(this.core, new Berths(), new Sought(this.core.cluster.improved));
  private now = 0;

  constructor(gpus: readonly number[], guaranteed: number | null) {
    for (const [index, count] of gpus.entries()) {
      const gpuModels = Array.from({ length: count }, () => 'a100');
      this.core.cluster.add({ id: `m${index}`, cpuMilli: 64_000, memoryMib: 64_000, gpuModels });
    }
    if (guaranteed === null) return;
    this.ledger.setQuotas([{ id: 'b', parent: null, weight: 1, guaranteed: { a100: 1_000 * guaranteed }, limit: {} }], 0);
  }

  happen({ submitted, passMs, ends }: Step): void {
    for (const one of submitted) this.ledger.submit(this.requestOf(one));
    this.now += passMs;
    const running = [...this.core.entries.values()].filter((entry) => entry.running);
    if (ends !== null && running.length > 0) this.ledger.ended(running[ends % running.length]?.request.id ?? '', this.now);
    this.core.queues.advance(this.now);
  }

  settle(): void {
    for (let decisions = this.decide(); decisions.length > 0; decisions = this.decide()) {
      for (const decision of decisions) this.tell(decision);
    }
  }

  /** What each that waits would find: all asked after one another, and each as if nobody had been asked before it. */
  answers(): readonly { readonly remembered: string; readonly plain: string }[] {
    const trial = new Trial(this.core, this.now);
    const [placing, victims] = [this.placingOn(trial), new Victims(this.core, trial, this.news)];
    return [...this.core.entries.values()]
      .filter((entry) => entry.line !== null)
      .map((entry) => ({
        remembered: this.answer(entry, { trial, placing, victims }),
        plain: this.answer(entry, { trial, placing: this.placingOn(trial), victims: new Victims(this.core, trial, this.news) }),
      }));
  }

  private answer(entry: Entry, { trial, placing, victims }: { trial: Trial; placing: Placing; victims: Victims }): string {
    const { options } = this.core.admission.optionsOf(entry, false);
    const found = options.map((option) => {
      const takeover = victims.find(entry, option);
      return takeover && { ...takeover, victims: takeover.victims.map(({ entry: { request }, reason }) => [request.id, reason]) };
    });
    const spot = placing.place(entry, options);
    trial.undo();
    return JSON.stringify({ found, spot });
  }

  private placingOn(trial: Trial): Placing {
    return new Placing(this.core, new Parking(this.core), trial, this.news);
  }

  private decide(): readonly Decision[] {
    this.core.queues.advance(this.now);
    this.parking.advance(this.now);
    return new Round(this.core, this.parking, { now: this.now, limit: 8 }).run();
  }

  private tell(decision: Decision): void {
    const { request } = decision;
    if (decision.kind === 'place') this.ledger.placed(request, { ...decision, at: this.now });
    else if (decision.kind === 'reserve') this.ledger.reserved(request, decision);
    else if (decision.kind === 'expire') this.ledger.ended(request, this.now);
    else this.ledger.returned(request, { at: this.now, notBefore: this.now, failedOn: null, isPreempted: true });
  }

  private requestOf({ gpus, nodes, ...rest }: Step['submitted'][number]): Request {
    const id = `r${String(this.core.entries.size).padStart(3, '0')}-${this.now}`;
    const need = { cpuMilli: 1_000, memoryMib: 1_000, gpus, gpuMilli: 1_000, models: null };
    return { id, ask: { nodes, choices: [need] }, submittedAt: this.now, deadlineAt: null, ...rest };
  }
}

describe('What is remembered while it is decided', () => {
  it('is what would be found if it were looked for again', () => {
    fc.assert(
      fc.property(history, ({ machines, guaranteed, steps }) => {
        const play = new Play(machines, guaranteed);
        for (const each of steps) {
          play.happen(each);
          for (const { remembered, plain } of play.answers()) expect(remembered).toBe(plain);
          play.settle();
        }
      }),
      { numRuns: 200 },
    );
  });
});

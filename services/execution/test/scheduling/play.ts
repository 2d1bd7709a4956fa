import type { Decision, Request } from '../../src/domain/scheduling/request.ts';
import { defaultSettings } from '../../src/domain/scheduling/scheduler/settings.ts';
import type { History, Step } from './history.ts';
import { Story } from './story.ts';

const hour = 3_600_000;

/** A history that comes true, step by step. */
export class Play {
  readonly story: Story;
  /** Where the restored one did not decide as the original. */
  readonly differences: unknown[] = [];
  private count = 0;

  constructor({ machines, quotas: nodes, settings: some }: History) {
    this.story = new Story({ ...defaultSettings, ...some });
    this.story.setQuotas(nodes);
    for (const [index, size] of machines.entries()) this.story.machine({ id: `m${index}`, ...size });
  }

  act(step: Step): void {
    if (step.kind === 'submit') this.story.submit(this.requestOf(step.request));
    else if (step.kind === 'pass') this.story.pass(step.ms);
    else if (step.kind === 'quotas') this.story.setQuotas(step.nodes);
    else this.happen(step.kind, step.pick);
    this.story.settle();
  }

  /** What it has found out before changes nothing: one that has found out nothing decides the same, and one that looks at all again. */
  compare(own: readonly Decision[]): void {
    const { now, settings } = this.story;
    const awake = this.story.restored();
    awake.decide(now, 1_000);
    awake.setPlacement(settings);
    for (const other of [this.story.scheduler, this.story.restored(), awake]) {
      const decisions = other.decide(now, 1_000);
      if (JSON.stringify(own) !== JSON.stringify(decisions)) this.differences.push([own, decisions]);
    }
  }

  private requestOf({ nodes, choices, deadlineMs, ...rest }: Extract<Step, { kind: 'submit' }>['request']): Request {
    this.count += 1;
    const { now } = this.story;
    return {
      id: `r${String(this.count).padStart(3, '0')}`,
      ask: { nodes, choices },
      submittedAt: now,
      deadlineAt: deadlineMs && now + deadlineMs,
      ...rest,
    };
  }

  private happen(kind: Extract<Step, { readonly pick: number }>['kind'], pick: number): void {
    const { story } = this;
    const { books } = story;
    const [run = ''] = [...books.running.keys()].slice(pick % Math.max(1, books.running.size));
    const [id = ''] = [...books.machines.keys()].slice(pick % books.machines.size);
    const acts: Readonly<Record<typeof kind, () => void>> = {
      restart: () => this.restart(),
      outlive: () => story.outlive(run, (1 + (pick % 3)) * hour),
      end: () => story.end(run || ([...books.waiting.keys()][0] ?? '')),
      fail: () => story.fail(run, books.running.get(run)?.seats[0]?.machine ?? null),
      lose: () => story.lose(id),
      back: () => story.comeBack([...books.machines.values()].find(({ isHere }) => !isHere)?.size.id ?? id),
      gpu: () => story.closeGpus(id, pick % 3 === 0 ? [] : [pick % 4]),
      cordon: () => story.open(id, false),
      open: () => story.open(id, true),
    };
    acts[kind]();
  }

  private restart(): void {
    const { now, scheduler } = this.story;
    const next = this.story.restored();
    const again = this.story.restored();
    const [one, other] = [scheduler, again].map((each) => [each.decide(now, 1_000), each.load(), each.decide(now + 3 * hour, 1_000)]);
    if (JSON.stringify(one) !== JSON.stringify(other)) this.differences.push([one, other]);
    this.story.scheduler = next;
  }
}

/** Each decision is asked for of others, too, who know as much and have found out nothing. */
export const compared = (told: History): Play => {
  const play = new Play(told);
  play.story.watch = (decisions) => play.compare(decisions);
  for (const step of told.steps) play.act(step);
  return play;
};

export const played = (told: History): Play => {
  const play = new Play(told);
  for (const step of told.steps) play.act(step);
  return play;
};

import { randomBytes } from 'node:crypto';
import { decimalOf } from '@orrery/contracts';
import { CallFailed } from './api.ts';
import type { Customer, Demo, Submitted } from './demo.ts';
import { creditsOf } from './money.ts';
import * as schemas from './schemas.ts';
import { screen } from './screen.ts';
import { type Span, treeOf } from './traces.ts';
import { until } from './until.ts';

const settled = new Set(['completed', 'failed', 'system_failure', 'cancelled', 'aborted']);

const expect = (isTrue: boolean, sentence: string): void => {
  if (!isTrue) throw new CallFailed(sentence);
};

export const signUp = async ({ api }: Demo): Promise<Customer> => {
  const email = `ada-${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(12).toString('base64url');
  const { value: user } = await api.call(schemas.SignedUp, {
    method: 'POST',
    path: '/orrery/v1/users',
    body: { email, password, name: 'Ada' },
  });
  screen.line(`${email} signed up and owns the organization ${user.orgSlug}`);
  const { value: session } = await api.call(schemas.LoggedIn, {
    method: 'POST',
    path: '/api/v2/external/auth/login',
    body: { email, password },
  });
  screen.line('logged in');
  const { value: key } = await api.call(schemas.KeyCreated, {
    method: 'POST',
    path: `/api/v2/external/orgs/${user.orgSlug}/api-keys`,
    token: session.access_token,
    body: { name: 'demo' },
  });
  screen.done(`created the API key ${key.prefix}…`);
  return { orgId: user.orgId, orgSlug: user.orgSlug, email, token: session.access_token, key: key.plaintext_key };
};

const endOf = (demo: Demo, customer: Customer, run: Submitted): Promise<string> =>
  until(`the end of run ${run.id}`, async () => {
    const { value } = await demo.get(customer, schemas.Status, `/execution/streaming/${run.id}/status`);
    return settled.has(value.status) ? value.status : undefined;
  });

export const runProgram = async (demo: Demo, customer: Customer): Promise<Submitted> => {
  const sent = Date.now();
  const run = await demo.submit(customer, 'train-classifier/train.py', { files: { 'fruit.csv': 'train-classifier/fruit.csv' } });
  screen.line(`submitted train.py as run ${run.id}; its output, as it comes:`);
  let first: number | undefined;
  const returnCode = await demo.follow(customer, run, (text) => {
    first ??= Date.now() - sent;
    screen.output(text);
  });
  expect(returnCode === '0', `train.py ended with return code ${returnCode}`);
  screen.done(`ended with return code 0; first output ${first} ms after it was submitted`);
  return run;
};

export const readBack = async (demo: Demo, customer: Customer, run: Submitted): Promise<void> => {
  screen.line(`status: ${await endOf(demo, customer, run)}`);
  const logs = await until('the logs', async () => {
    const { value } = await demo.get(customer, schemas.Logs, `/logs/execution/${run.id}`);
    return value.logs.some(({ message }) => message.startsWith('done in')) ? value : undefined;
  });
  screen.line(`logs: ${logs.total} lines, the last one "${logs.logs.at(-1)?.message.trim()}"`);
  const { value: timing } = await demo.get(customer, schemas.Timing, `/execution/${run.id}/timing`);
  screen.line(`timing: ${timing.start_time} to ${timing.end_time}, ${timing.duration} s`);
  const metrics = await until('the system metrics', async () => {
    const { value } = await demo.get(customer, schemas.Metrics, `/execution/${run.id}/metrics?step=1s`);
    return value.systemRamUsedBytes.length > 0 ? value : undefined;
  });
  const highest = Math.max(...metrics.systemRamUsedBytes.map(({ value }) => value));
  screen.done(
    `metrics: CPU sampled (points: ${metrics.systemCpuUsagePercent.length}), at most ${(highest / 2 ** 20).toFixed(0)} MiB of memory`,
  );
};

export const endEarly = async (demo: Demo, customer: Customer): Promise<void> => {
  for (const [verb, program] of [
    ['abort', 'programs/endless.py'],
    ['stop', 'programs/graceful.py'],
  ] as const) {
    const run = await demo.submit(customer, program);
    let lines = 0;
    await demo.follow(customer, run, async (text) => {
      screen.output(text);
      lines += 1;
      if (lines === 3) await demo.post(customer, schemas.Ended, `/workloads/${verb}/${run.id}`);
    });
    const status = await endOf(demo, customer, run);
    expect(status === (verb === 'abort' ? 'aborted' : 'completed'), `a run asked to ${verb} ended as ${status}`);
    screen.done(`asked to ${verb} while it ran; now ${status}`);
  }
};

export const payForIt = async (demo: Demo, customer: Customer, before: bigint): Promise<void> => {
  const { value: prices } = await demo.get(customer, schemas.Prices, '/pricing');
  const price = prices.prices.find(({ applies_to }) => applies_to.hardware_profile === 'cpu');
  if (!price) throw new CallFailed('the price book has no price for cpu');
  const perSecond = creditsOf(price.unit_price);
  screen.line(`a ${price.unit} of cpu costs ${decimalOf(perSecond)}`);
  const history = await until('three runs on the bill', async () => {
    const { value } = await demo.get(customer, schemas.History, '/billing/history');
    return value.executions.length === 3 &&
      value.executions.every(({ billed }) => billed !== null && billed !== undefined && billed !== false)
      ? value
      : undefined;
  });
  let seconds = 0n;
  for (const { execution_id: id, status } of history.executions) {
    const { value: timing } = await demo.get(customer, schemas.Timing, `/execution/${id}/timing`);
    const billed = BigInt(Math.ceil(timing.duration));
    seconds += billed;
    screen.line(`run ${id}, ${status}: ran ${timing.duration} s, billed ${billed} s`);
  }
  const after = await balanceOf(demo, customer);
  const expected = seconds * perSecond;
  expect(before - after === expected, `the balance fell by ${decimalOf(before - after)} instead of ${decimalOf(expected)}`);
  const { value: credits } = await demo.get(customer, schemas.Credits, '/billing/credits');
  expect(
    creditsOf(credits.available_credits) === after,
    `/billing/credits says ${credits.available_credits}, the balance is ${decimalOf(after)}`,
  );
  screen.done(
    `${seconds} s × ${decimalOf(perSecond)} = ${decimalOf(expected)}: the balance fell from ${decimalOf(before)} to ${decimalOf(after)}, by exactly that`,
  );
};

export const balanceOf = async (demo: Demo, customer: Customer): Promise<bigint> => {
  const { value } = await demo.get(customer, schemas.Balance, `/orgs/${customer.orgSlug}/balance`);
  return creditsOf(value.balance);
};

/** The first balance: an account is opened, and its sign-up credit granted, moments after the organization was created. */
export const firstBalance = (demo: Demo, customer: Customer): Promise<bigint> =>
  until('the sign-up credit', async () => {
    try {
      const balance = await balanceOf(demo, customer);
      return balance > 0n ? balance : undefined;
    } catch (error) {
      if (error instanceof CallFailed && error.message.includes('answered 404')) return undefined;
      throw error;
    }
  });

export const seeEvents = async (demo: Demo, customer: Customer, run: Submitted): Promise<void> => {
  const feed = await demo.events(customer.orgId);
  const ofRun = await until('the events of the run on JetStream', () => {
    const found = feed.received.filter(({ subject, data }) => subject === `run-${run.id}` || data['runId'] === run.id);
    return found.some(({ type }) => type.includes('UsageCharged')) ? found : undefined;
  });
  for (const { type, streamversion, subject } of ofRun) screen.line(`${type}  (${subject.split('-', 1)[0]} version ${streamversion})`);
  const { value: history } = await demo.get(customer, schemas.Events, `/execution/${run.id}/history`);
  screen.done(
    `${ofRun.length} events arrived on JetStream, each as its contract says; /history lists ${history.items.length} of the run itself`,
  );
};

/** What the trace must lead through, each as the beginning of a span's name. */
const stations = [
  'POST ',
  'execution.submit-run',
  'append',
  'relay RunSubmitted',
  'schedule',
  'dispatch',
  'agent.run',
  'agent.report',
  'relay RunCompleted',
  'charges RunCompleted',
  'relay UsageCharged',
];

const isStatement = ({ name }: Span): boolean => name.startsWith('pg');

export const seeTrace = async (demo: Demo, run: Submitted): Promise<void> => {
  const { traceId } = run;
  if (!traceId) throw new CallFailed('the answer to the submission named no trace');
  if (!demo.config.otlpPort) return screen.done(`trace ${traceId}; set OTEL_EXPORTER_OTLP_ENDPOINT to see its spans`);
  const missing = () => {
    const names = demo.traces.of(traceId).map(({ name }) => name);
    return stations.filter((station) => !names.some((name) => name.startsWith(station)));
  };
  try {
    await until(`the spans of trace ${traceId}`, () => missing().length === 0 || undefined);
  } finally {
    const spans = demo.traces.of(traceId);
    const shown = spans.filter((span) => !isStatement(span));
    for (const line of treeOf(shown)) screen.line(line);
    screen.line(`(and ${spans.length - shown.length} of SQL statements)`);
    if (missing().length > 0) screen.line(`missing: ${missing().join(', ')}`);
  }
  return screen.done(`one trace from the request to the bill: ${traceId}`);
};

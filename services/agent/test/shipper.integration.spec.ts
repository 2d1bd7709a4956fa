import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@orrery/testing';
import type { Batch } from '../src/domain/batches.ts';
import { Shipper, type Text } from '../src/output/shipper.ts';
import type { OutputSource, StreamName } from '../src/runtime/runtime.ts';

jest.setTimeout(30_000);

interface Sent {
  readonly batch: Batch;
  readonly texts: readonly Text[];
}

describe('Shipping output', () => {
  let directory: string;
  let sent: Sent[];
  let refuse: boolean;
  const shippers: Shipper[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orrery-shipper-'));
    sent = [];
    refuse = false;
    for (const name of ['stdout', 'stderr']) writeFileSync(join(directory, name), '');
  });
  afterEach(() => {
    for (const shipper of shippers.splice(0)) shipper.stop();
    rmSync(directory, { recursive: true });
  });

  const source: OutputSource = {
    size: (stream) => readFileSync(join(directory, stream)).length,
    read: (stream, offset, length) => readFileSync(join(directory, stream)).subarray(offset, offset + length),
  };

  const ship = (maxBytes = 1_000_000): Shipper => {
    const shipper = new Shipper({
      source,
      cursorPath: join(directory, 'cursor'),
      planPath: join(directory, 'plan'),
      maxBytes,
      now: () => '2026-01-01T00:00:00.000Z',
      publish: async (batch, texts) => {
        if (refuse) throw new Error('the bus is down');
        sent.push({ batch, texts });
      },
      onFailure: () => undefined,
    });
    shippers.push(shipper);
    return shipper;
  };
  const write = (stream: StreamName, text: string | Buffer): void => appendFileSync(join(directory, stream), text);
  const said = (stream: StreamName): string => {
    const bySeq = new Map(sent.flatMap(({ texts }) => texts).map((text) => [text.seq, text]));
    return [...bySeq.values()].flatMap((text) => (text.stream === stream ? [text.text] : [])).join('');
  };

  it('sends what is written, and says where it ends', async () => {
    const shipper = ship();
    write('stdout', 'one\n');
    shipper.wake();
    await eventually(() => expect(said('stdout')).toBe('one\n'));
    write('stdout', 'two');
    write('stderr', 'oh');
    expect(await shipper.complete()).toBe(3);
    expect(await shipper.shipped(5_000)).toBe(true);
    expect(said('stdout')).toBe('one\ntwo');
    expect(said('stderr')).toBe('oh');
    expect(sent.flatMap(({ texts }) => texts.map(({ seq }) => seq))).toEqual([1, 2, 3]);
    expect(shipper.pendingBytes).toBe(0);
  });

  it('keeps a character together that is written in two halves', async () => {
    const shipper = ship();
    const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
    write('stdout', Buffer.concat([Buffer.from('a'), first]));
    shipper.wake();
    await eventually(() => expect(said('stdout')).toBe('a'));
    write('stdout', second);
    shipper.wake();
    await eventually(() => expect(said('stdout')).toBe('aé'));
  });

  it('sends after a crash what was under way as it was, though more has been written since', async () => {
    const before = ship();
    write('stdout', 'one\n');
    before.wake();
    await eventually(() => expect(sent).toHaveLength(1));
    before.stop();
    write('stdout', 'two\n');
    const after = ship();
    await after.complete();
    expect(await after.shipped(5_000)).toBe(true);
    expect(sent[1]).toEqual(sent[0]);
    expect(said('stdout')).toBe('one\ntwo\n');
  });

  it('keeps the last number it has named, however often it is restarted before all is sent', async () => {
    refuse = true;
    const first = ship();
    write('stdout', 'x'.repeat(400_000));
    first.wake();
    const last = await first.complete();
    expect(await first.shipped(50)).toBe(false);
    first.stop();
    const second = ship();
    expect(await second.complete()).toBe(last);
    second.stop();
    refuse = false;
    const third = ship();
    expect(await third.complete()).toBe(last);
    expect(await third.shipped(5_000)).toBe(true);
    expect(said('stdout')).toBe('x'.repeat(400_000));
    expect(Math.max(...sent.flatMap(({ texts }) => texts.map(({ seq }) => seq)))).toBe(last);
  });

  it('takes nothing more into memory while the bus takes nothing', async () => {
    refuse = true;
    const shipper = ship();
    for (let count = 0; count < 50; count += 1) {
      write('stdout', `${'x'.repeat(9_999)}\n`);
      shipper.wake();
    }
    await eventually(() => expect(shipper.pendingBytes).toBeGreaterThan(300_000));
    refuse = false;
    await shipper.complete();
    expect(await shipper.shipped(5_000)).toBe(true);
    expect(said('stdout')).toHaveLength(500_000);
  });

  it('sends what may be written and no more, and knows when it is more', async () => {
    const shipper = ship(10);
    write('stdout', '12345678');
    expect(shipper.isOverLimit).toBe(false);
    write('stderr', 'abcdef');
    expect(shipper.isOverLimit).toBe(true);
    await shipper.complete();
    expect(await shipper.shipped(5_000)).toBe(true);
    expect(said('stdout') + said('stderr')).toBe('12345678ab');
  });

  it('is torn by no half-written cursor', async () => {
    const before = ship();
    for (const line of ['one\n', 'two\n']) {
      write('stdout', line);
      before.wake();
      await eventually(() => expect(said('stdout')).toContain(line));
    }
    before.stop();
    // The slot that was written last, cut off in the middle.
    const cursor = readFileSync(join(directory, 'cursor'));
    cursor.fill(0, 20, 2_048);
    writeFileSync(join(directory, 'cursor'), cursor);
    sent = [];
    const after = ship();
    await after.complete();
    expect(await after.shipped(5_000)).toBe(true);
    expect(said('stdout')).toBe('one\ntwo\n');
  });
});

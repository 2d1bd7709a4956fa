import { Places } from './places.ts';

const never = new AbortController().signal;

/** Work that ends when it is told to. */
const held = () => {
  let end = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => promise, end: () => end() };
};

describe('The places of an engine', () => {
  it('are taken in the order in which requests came', async () => {
    const places = new Places({ width: 1, queue: 2, waitMs: 10_000 });
    const first = held();
    const seen: string[] = [];
    const all = [
      places.within(never, first.work),
      places.within(never, async () => void seen.push('second')),
      places.within(never, async () => void seen.push('third')),
    ];
    expect(places.counts).toEqual({ busy: 1, waiting: 2 });
    await expect(places.within(never, async () => undefined)).rejects.toMatchObject({ parts: { status: 503, retryAfterSeconds: 1 } });
    first.end();
    await Promise.all(all);
    expect(seen).toEqual(['second', 'third']);
    expect(places.counts).toEqual({ busy: 0, waiting: 0 });
  });

  it('are waited for so long and no longer', async () => {
    const places = new Places({ width: 1, queue: 1, waitMs: 20 });
    const first = held();
    const running = places.within(never, first.work);
    await expect(places.within(never, async () => undefined)).rejects.toThrow('No turn came in time');
    expect(places.counts).toEqual({ busy: 1, waiting: 0 });
    first.end();
    await running;
  });

  it('are not lost with work that fails, nor with clients that leave while they wait', async () => {
    const places = new Places({ width: 1, queue: 1, waitMs: 10_000 });
    const first = held();
    const running = places.within(never, first.work);
    const leaving = new AbortController();
    const waiting = places.within(leaving.signal, async () => undefined);
    leaving.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    const failing = places.within(never, () => Promise.reject(new Error('fault')));
    first.end();
    await running;
    await expect(failing).rejects.toThrow('fault');
    expect(await places.within(never, async () => 'in')).toBe('in');
    expect(places.counts).toEqual({ busy: 0, waiting: 0 });
  });

  it('send everybody away who waits when they close', async () => {
    const places = new Places({ width: 1, queue: 1, waitMs: 10_000 });
    const first = held();
    const running = places.within(never, first.work);
    const waiting = places.within(never, async () => undefined);
    places.close();
    await expect(waiting).rejects.toThrow('stopping');
    await expect(places.within(never, async () => undefined)).rejects.toThrow('stopping');
    first.end();
    await running;
  });
});

import { concludeFrom, type Remains } from './end.ts';

const begun = { at: '2026-01-01T00:00:00.000Z', uptimeMs: 10_000, bootId: 'b' };
const epoch = Date.parse(begun.at);
const remains = (changes: Partial<Remains> = {}): Remains => ({
  begun,
  exit: { code: 0, uptimeMs: 12_500, at: epoch + 2_500 },
  seenAlive: undefined,
  now: { uptimeMs: 20_000, bootId: 'b', at: epoch + 10_000 },
  oomKills: 0,
  backstopMs: 60_000,
  end: undefined,
  ...changes,
});

describe('What is concluded of a program that is over', () => {
  it('takes times and code from the note of its launcher', () => {
    expect(concludeFrom(remains())).toEqual({ exitCode: 0, reason: 'exited', message: null, endedAt: epoch + 2_500, ranMs: 2_500 });
  });

  it('tells signals from codes', () => {
    const reasonOf = (code: number) => concludeFrom(remains({ exit: { code, uptimeMs: 12_500, at: epoch } }));
    expect(reasonOf(1)).toMatchObject({ reason: 'exited' });
    expect(reasonOf(139)).toMatchObject({ reason: 'signalled', message: 'The program was ended by SIGSEGV.' });
    expect(reasonOf(128 + 40)).toMatchObject({ reason: 'signalled', message: 'The program was ended by signal 40.' });
    expect(reasonOf(255)).toMatchObject({ reason: 'exited' });
    expect(reasonOf(128)).toMatchObject({ reason: 'exited' });
  });

  it('blames memory where the kernel killed for it, unless the program made do', () => {
    const exit = { code: 137, uptimeMs: 12_500, at: epoch };
    expect(concludeFrom(remains({ exit, oomKills: 1 }))).toMatchObject({ reason: 'memory-limit', exitCode: 137 });
    expect(concludeFrom(remains({ exit: { ...exit, code: 1 }, oomKills: 2 }))).toMatchObject({ reason: 'memory-limit' });
    expect(concludeFrom(remains({ oomKills: 2 }))).toMatchObject({
      reason: 'exited',
      message: 'The kernel killed 2 of its processes for memory.',
    });
  });

  it('names the wish that ended it, but not one that came too late', () => {
    const end = { mode: 'stop', reason: 'time-limit', uptimeMs: 12_000 } as const;
    expect(concludeFrom(remains({ end }))).toMatchObject({ reason: 'time-limit', message: 'The program reached its time limit.' });
    expect(concludeFrom(remains({ end: { ...end, uptimeMs: 12_501 } }))).toMatchObject({ reason: 'exited' });
    expect(concludeFrom(remains({ end: { ...end, reason: 'stopped' } }))).toMatchObject({ reason: 'stopped', message: null });
  });

  it('knows the time limit where the launcher enforced it alone', () => {
    const exit = { code: 137, uptimeMs: 10_000 + 60_000, at: epoch };
    expect(concludeFrom(remains({ exit }))).toMatchObject({ reason: 'time-limit', ranMs: 60_000 });
    expect(concludeFrom(remains({ exit: { ...exit, uptimeMs: 69_990 } }))).toMatchObject({ reason: 'signalled' });
  });

  it('counts the time it was seen alive where its launcher was killed', () => {
    const seenAlive = { uptimeMs: 15_000, bootId: 'b', at: epoch + 5_000 };
    expect(concludeFrom(remains({ exit: undefined, seenAlive }))).toMatchObject({
      exitCode: null,
      reason: 'worker-lost',
      ranMs: 5_000,
      endedAt: epoch + 5_000,
    });
    expect(concludeFrom(remains({ exit: undefined }))).toMatchObject({ reason: 'worker-lost', ranMs: 0, endedAt: epoch });
    expect(concludeFrom(remains({ exit: undefined, seenAlive: { ...seenAlive, uptimeMs: 9_000 } }))).toMatchObject({ ranMs: 0 });
  });

  it('says that the machine went down where it did', () => {
    const now = { uptimeMs: 100, bootId: 'c', at: epoch + 90_000 };
    const seenAlive = { uptimeMs: 15_000, bootId: 'b', at: epoch + 5_000 };
    const lost = { reason: 'worker-lost', exitCode: null, ranMs: 5_000, endedAt: epoch + 5_000 };
    expect(concludeFrom(remains({ exit: undefined, now, seenAlive }))).toMatchObject(lost);
    expect(concludeFrom(remains({ exit: undefined, now, seenAlive: { ...seenAlive, bootId: 'a' } }))).toMatchObject({ ranMs: 0 });
    expect(concludeFrom(remains({ now }))).toMatchObject({ reason: 'exited', ranMs: 2_500 });
  });
});

import type { Bucket, BucketOf } from './buckets.ts';
import { Refusals } from './refusals.ts';

const limit = { perSecond: 20, burst: 200 };
const bucketOf = (of: BucketOf, key = `${of}:1`): Bucket => ({ of, key, limit });
const refusing = (bucket: Bucket, retryAfterMs: number) => ({
  isAllowed: false,
  bucket,
  verdict: { isAllowed: false, remaining: 0, retryAfterMs, resetMs: 10_000 },
});

describe('A refusal', () => {
  const [key, address] = [bucketOf('key'), bucketOf('address')];

  it('holds until the bucket takes the next request, for whoever takes from that bucket', () => {
    const refusals = new Refusals();
    refusals.note(refusing(key, 40), 1_000);
    expect(refusals.find([key, address], 1_030)).toEqual({
      isAllowed: false,
      bucket: key,
      verdict: { isAllowed: false, remaining: 0, retryAfterMs: 10, resetMs: 9_970 },
    });
    expect(refusals.find([address], 1_030)).toBeUndefined();
    expect(refusals.find([bucketOf('key', 'key:2'), address], 1_030)).toBeUndefined();
    expect(refusals.find([key, address], 1_040)).toBeUndefined();
  });

  const waits = (of: Bucket, many: number): readonly number[] => {
    const refusals = new Refusals();
    const first = refusals.note(refusing(of, 40), 1_000);
    const others = Array.from({ length: many - 1 }, () => refusals.find([of], 1_000));
    return [first, ...others].map((ruling) => ruling?.verdict.retryAfterMs ?? Number.NaN);
  };

  it('tells the many who may be behind one address to come again one after the other, and nobody too late', () => {
    expect(waits(address, 4)).toEqual([40, 90, 140, 190]);
    const all = waits(address, 2_000);
    expect(Math.max(...all)).toBeLessThanOrEqual(30_000);
    expect(all.filter((wait) => wait === 40)).toHaveLength(4);
  });

  it('tells the one who has a key when it can come again', () => {
    expect(waits(key, 3)).toEqual([40, 40, 40]);
  });

  it('goes on with who comes again where it ended with who was refused before', () => {
    const refusals = new Refusals();
    refusals.note(refusing(address, 40), 1_000);
    refusals.find([address], 1_000);
    expect(refusals.note(refusing(address, 20), 1_050).verdict.retryAfterMs).toBe(90);
    expect(refusals.note(refusing(address, 20), 5_000).verdict.retryAfterMs).toBe(20);
  });
});

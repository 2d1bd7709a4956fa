import { secondsOf } from './response-cache.ts';

const onRequest = { policy: 'on-request', seconds: 60 } as const;
const always = { policy: 'always', seconds: 60 } as const;

it.each([
  [{ policy: 'off' } as const, 'use', undefined],
  [{ policy: 'off' } as const, undefined, undefined],
  [onRequest, undefined, undefined],
  [onRequest, 'use', 60],
  [onRequest, 'bypass', undefined],
  [always, undefined, 60],
  [always, 'use', 60],
  [always, 'bypass', undefined],
  [always, 'no-store', undefined],
  [always, ['use', 'bypass'], undefined],
])('An organization that wishes %j and a request that says %j: kept for %j seconds', (policy, wish, seconds) => {
  expect(secondsOf(policy, wish)).toBe(seconds);
});

import { randomUUID } from 'node:crypto';
import type { inference, Principal } from '@orrery/contracts';
import { judgedKeyOf, secondsOf } from './response-cache.ts';

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

it.each([
  [['answer'], true],
  [['request', 'answer'], true],
  [['request'], false],
] as const)('Answers are kept apart by the key that asks where they are judged over HTTP at %j: %j', (stages, isApart) => {
  const key: Principal = { kind: 'key', id: randomUUID(), userId: randomUUID(), permissions: [] };
  const judge: inference.Guardrail = {
    kind: 'http',
    name: 'judge',
    stages: [...stages],
    url: 'https://judge.example',
    timeoutMs: 2_000,
    onFailure: 'block',
  };
  expect(judgedKeyOf([judge], key)).toBe(isApart ? key.id : null);
  expect(judgedKeyOf([], key)).toBeNull();
});

import { inference, OrgId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Command, type Event, Limits } from './limits.ts';

const orgId = OrgId.parse('0199a000-0000-7000-8000-000000000002');
const at = '2026-01-01T00:00:00.000Z';
const none: inference.UsageLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  inputTokensPerMinute: null,
  outputTokensPerMinute: null,
  tokensPerMonth: null,
  concurrency: null,
  spendPerDay: null,
  spendPerMonth: null,
};
const ofOrg = { of: 'org' } as const;
const model = (name: string): inference.LimitedThing => ({ of: 'model', model: name });

const said = (limits: Partial<inference.UsageLimits>, more: Partial<Event['data']> = {}): Event['data'] => ({
  orgId,
  by: 'organization',
  thing: ofOrg,
  limits: { ...none, ...limits },
  at,
  ...more,
});
const set = (...args: Parameters<typeof said>): Event => ({ type: 'UsageLimitSet', data: said(...args) });
const command = (...args: Parameters<typeof said>): Command => ({ type: 'Set', ...said(...args) });

const { given } = specify(Limits);

describe('the limits of an organization', () => {
  it('are set, replaced and taken away, the whole of each', () => {
    given()
      .when(command({ concurrency: 5 }))
      .thenEvents(set({ concurrency: 5 }));
    given(set({ concurrency: 5 }))
      .when(command({ requestsPerMinute: 60 }))
      .thenEvents(set({ requestsPerMinute: 60 }));
    given(set({ concurrency: 5 }))
      .when(command({}))
      .thenEvents(set({}));
  });

  it('stay where they are set again', () => {
    given(set({ concurrency: 5 }))
      .when(command({ concurrency: 5 }))
      .thenNothing();
    given().when(command({})).thenNothing();
    given(set({ concurrency: 5 }), set({}))
      .when(command({}))
      .thenNothing();
  });

  it('are set of each thing by itself, and by the operator beside the organization', () => {
    const mine = set({ concurrency: 5 });
    given(mine)
      .when(command({ concurrency: 5 }, { by: 'operator' }))
      .thenEvents(set({ concurrency: 5 }, { by: 'operator' }));
    given(mine)
      .when(command({ concurrency: 5 }, { thing: model('acme/one') }))
      .thenEvents(set({ concurrency: 5 }, { thing: model('acme/one') }));
  });

  it('are those of a model whatever the size of its letters', () => {
    given(set({ concurrency: 5 }, { thing: model('acme/One') }))
      .when(command({ concurrency: 5 }, { thing: model('ACME/one') }))
      .thenNothing();
  });

  it('are not too many', () => {
    const all = Array.from({ length: inference.mostLimits }, (_, index) => set({ concurrency: 1 }, { thing: model(`acme/${index}`) }));
    given(...all)
      .when(command({ concurrency: 1 }))
      .thenRejected('TooManyLimits', { limit: inference.mostLimits });
    given(...all)
      .when(command({ concurrency: 2 }, { thing: model('acme/0') }))
      .thenEvents(set({ concurrency: 2 }, { thing: model('acme/0') }));
  });
});

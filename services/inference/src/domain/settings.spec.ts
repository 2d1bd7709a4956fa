import { OrgId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Event, Settings } from './settings.ts';

const orgId = OrgId.parse('0199a000-0000-7000-8000-000000000002');
const at = '2026-01-01T00:00:00.000Z';
const full = { policy: 'full', retentionDays: 7 } as const;
const set = (settings: Partial<Event['data']['settings']>): Event => ({
  type: 'InferenceSettingsSet',
  data: { orgId, settings: { ...Settings.initial, ...settings }, at },
});

const { given } = specify(Settings);

describe('how an organization has its requests treated', () => {
  it('is said section by section', () => {
    given()
      .when({ type: 'Set', orgId, sections: { logging: full }, at })
      .thenEvents(set({ logging: full }));
  });

  it('stays as it was where nothing is said of it', () => {
    given(set({ logging: full }))
      .when({ type: 'Set', orgId, sections: { logging: undefined }, at })
      .thenEvents(set({ logging: full }));
  });
});

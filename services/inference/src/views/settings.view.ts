import type { inference, OrgId } from '@orrery/contracts';
import { type EventStore, type Fact, instant, json, type TableRow, uuid, view } from '@orrery/event-store';

export const inferenceSettings = view({
  name: 'inference-settings',
  table: 'inference_settings',
  columns: { orgId: uuid<OrgId>(), settings: json<inference.InferenceSettings>(), setAt: instant() },
  key: ['orgId'],
  fold: ({ event }: Fact<inference.InferenceEvent>) => {
    if (event.type !== 'InferenceSettingsSet') return [];
    const { orgId, settings, at: setAt } = event.data;
    return [{ put: { orgId, settings, setAt } }];
  },
});

type Row = TableRow<typeof inferenceSettings>;

/** Undefined where an organization never set any. */
export const settingsOf = (store: EventStore, orgId: OrgId): Promise<Row | undefined> => store.read(inferenceSettings).one({ orgId });

const snapshotOf = ({ orgId, settings }: Row): inference.SettingsSnapshot => ({ orgId, settings });

export const settingsSnapshotOf = async (store: EventStore, orgId: OrgId): Promise<inference.SettingsSnapshot | undefined> => {
  const row = await settingsOf(store, orgId);
  return row && snapshotOf(row);
};

const pageRows = 500;

/** Of every organization that set some. */
export const allSettings = async (store: EventStore): Promise<readonly (readonly [string, inference.SettingsSnapshot])[]> => {
  const all: (readonly [string, inference.SettingsSnapshot])[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.read(inferenceSettings).page({ order: { by: ['orgId'] }, limit: pageRows, cursor });
    for (const row of page.items) all.push([row.orgId, snapshotOf(row)]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return all;
};

import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { epochOf, inference, type OrgId, type UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';

const [compress, decompress] = [promisify(deflateRaw), promisify(inflateRaw)];

/** What was said in a request, as a gateway tells it. */
export interface Said {
  readonly head: inference.ContentHead;
  /** The beginning of what was asked, and then of what was answered. */
  readonly bytes: Buffer;
}

interface Row {
  readonly head: unknown;
  readonly key: string;
  readonly box: Buffer;
}

const insert = `
  INSERT INTO inference_content (request_id, org_id, user_id, at, head, sealed_key, box)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::jsonb[], $6::text[], $7::bytea[]) ON CONFLICT DO NOTHING`;

const bindingOf = (requestId: string): string => `content ${requestId}`;

/** Compressed first: what is sealed is noise. */
export const keepSaid = async ({ pool, sealer }: EventStore, said: readonly Said[]): Promise<void> => {
  if (said.length === 0) return;
  const boxes = await Promise.all(
    said.map(async ({ head, bytes }) => sealer.sealBytes(head.orgId, await compress(bytes), bindingOf(head.requestId))),
  );
  await pool.query({
    name: 'keep-content',
    text: insert,
    values: [
      said.map(({ head }) => head.requestId),
      said.map(({ head }) => head.orgId),
      said.map(({ head }) => head.userId),
      said.map(({ head }) => head.at),
      said.map(({ head }) => JSON.stringify(head)),
      boxes.map(({ key }) => key),
      boxes.map(({ box }) => box),
    ],
  });
};

/** Signs that steer a terminal, of which each would be six in JSON, and half a character where it was cut. */
const readable = (bytes: Buffer): string => bytes.toString().replace(/[^\P{Cc}\t\n\r]/gu, '\ufffd');

/** Undefined where it is not kept, or its organization's key is gone. `since`: what is older is not to be seen any more, though it may still be there. */
export const saidIn = async (
  { pool, sealer }: EventStore,
  { requestId, orgId }: { readonly requestId: string; readonly orgId: OrgId },
  since: number,
): Promise<inference.RequestContent | undefined> => {
  const { rows } = await pool.query<Row>({
    name: 'find-content',
    text: 'SELECT head, sealed_key AS key, box FROM inference_content WHERE request_id = $1 AND org_id = $2',
    values: [requestId, orgId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const head = inference.ContentHead.parse(row.head);
  if (epochOf(head.at) < since) return undefined;
  const opened = sealer.openBytes(row, (await sealer.keysOf([orgId])).get(orgId), bindingOf(requestId));
  if (opened === undefined) return undefined;
  const bytes = await decompress(opened);
  const { asked, answered } = head;
  const textOf = ({ kept, bytes: all }: typeof asked, from: number) => ({
    text: readable(bytes.subarray(from, from + kept)),
    bytes: all,
    isCut: kept < all,
  });
  return {
    request: textOf(asked, 0),
    answer: answered && { ...textOf(answered, asked.kept), isWhole: answered.isWhole },
  };
};

const batch = 500;

/** In batches, so that nobody waits for it; answers how many. */
const dropAll = async ({ pool }: EventStore, condition: string, values: readonly unknown[]): Promise<number> => {
  const text = `DELETE FROM inference_content WHERE request_id IN (SELECT request_id FROM inference_content WHERE ${condition} LIMIT ${batch})`;
  for (let dropped = 0; ; ) {
    const { rowCount } = await pool.query(text, [...values]);
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return dropped;
  }
};

export const dropSaidBefore = (store: EventStore, orgId: OrgId, before: number): Promise<number> =>
  dropAll(store, 'org_id = $1 AND at < $2', [orgId, new Date(before)]);

export const dropSaidIn = (store: EventStore, orgId: OrgId): Promise<number> => dropAll(store, 'org_id = $1', [orgId]);

export const dropSaidBy = (store: EventStore, userId: UserId): Promise<number> => dropAll(store, 'user_id = $1', [userId]);

/** The organizations of which something is kept, one after the other, each by one look at the index. */
export const nextOrgWithContent = async ({ pool }: EventStore, after: OrgId | undefined): Promise<OrgId | undefined> => {
  const { rows } = await pool.query<{ orgId: OrgId }>(
    'SELECT org_id AS "orgId" FROM inference_content WHERE ($1::uuid IS NULL OR org_id > $1) ORDER BY org_id LIMIT 1',
    [after ?? null],
  );
  return rows[0]?.orgId;
};

import { type InputOf, identity, type OutputOf } from '@orrery/contracts';
import { pageFrom } from '@orrery/event-store';
import type { DataSource } from 'typeorm';

/** What a gateway must know of a person's memberships. */
export const membershipsOf = async (database: DataSource, userId: string): Promise<identity.MemberSnapshot> => {
  const memberships = await database.query<unknown[]>(
    `SELECT m.org_id AS "orgId", o.slug, m.role, m.is_default AS "isDefault"
       FROM members m JOIN orgs o ON o.id = m.org_id WHERE m.user_id = $1 ORDER BY m.joined_at, m.org_id`,
    [userId],
  );
  return identity.MemberSnapshot.parse({ userId, memberships });
};

type Listed = OutputOf<typeof identity.ListOrgs>;

/** The organizations of a person by id, so by age; the cursor is the last id of the page before. */
export const listOrgsOf = async (
  database: DataSource,
  userId: string,
  { limit, cursor = '00000000-0000-0000-0000-000000000000' }: InputOf<typeof identity.ListOrgs>,
): Promise<Listed> => {
  const rows = await database.query<Listed['items']>(
    `SELECT o.id, o.slug, o.name, o.billing_email AS "billingEmail", o.billing_details AS "billingDetails",
            to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt", m.role, m.is_default AS "isDefault"
       FROM members m JOIN orgs o ON o.id = m.org_id WHERE m.user_id = $1 AND o.id > $2 ORDER BY o.id LIMIT $3`,
    [userId, cursor, limit + 1],
  );
  return pageFrom(rows, limit, ({ id }) => id);
};

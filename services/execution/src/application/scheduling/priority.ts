import { execution } from '@orrery/contracts';
import type pg from 'pg';

export interface Priority {
  readonly rank: number;
  /** Whether the organization may ask for it. */
  readonly isAllowed: boolean;
}

interface PriorityRow {
  readonly rank: number | null;
  readonly highest: number | null;
}

const normalRank = 0;

/** The rank of a class, and whether work of this organization, or of this project of it, may have it; undefined: there is no such class. */
export const priorityOf = async (
  database: Pick<pg.Pool, 'query'>,
  { orgId, project, name }: { readonly orgId: string; readonly project: string | null; readonly name: string },
): Promise<Priority | undefined> => {
  if (name === execution.normalClass) return { rank: normalRank, isAllowed: true };
  const { rows } = await database.query<PriorityRow>({
    name: 'priority-of-class',
    // The nearest node that says something decides. A project that nobody has set stands below its organization.
    text: `WITH RECURSIVE path AS (
        SELECT q.parent, q.highest_class, n.depth FROM (VALUES ($2::text, 0), ($3::text, 1)) n(node, depth) JOIN quotas q ON q.node = n.node
        UNION ALL SELECT q.parent, q.highest_class, p.depth + 1 FROM path p JOIN quotas q ON q.node = p.parent WHERE p.depth < 20)
      SELECT c.rank::int AS rank,
        (SELECT CASE WHEN p.highest_class = $4 THEN 0 ELSE h.rank::int END FROM path p LEFT JOIN priority_classes h ON h.name = p.highest_class
         WHERE p.highest_class IS NOT NULL ORDER BY p.depth LIMIT 1) AS highest
      FROM (SELECT) one LEFT JOIN priority_classes c ON c.name = $1`,
    values: [name, `${orgId}/${project ?? ''}`, orgId, execution.normalClass],
  });
  const { rank = null, highest = null } = rows[0] ?? {};
  return rank === null ? undefined : { rank, isAllowed: rank <= (highest ?? normalRank) };
};

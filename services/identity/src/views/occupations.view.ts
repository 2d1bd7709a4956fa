import type { identity, UserId } from '@orrery/contracts';
import { type Fact, text, uuid, view } from '@orrery/event-store';

export const occupations = view({
  name: 'occupations',
  table: 'occupations',
  columns: { userId: uuid<UserId>(), occupation: text<identity.Occupation>() },
  key: ['userId'],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    if (event.type !== 'OccupationChosen') return [];
    const { userId, occupation } = event.data;
    return [{ put: { userId, occupation } }];
  },
});

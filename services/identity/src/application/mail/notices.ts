import { isIP } from 'node:net';
import { type identity, personOf, type UserId } from '@orrery/contracts';
import type { CommandContext, EventStore, Write } from '@orrery/event-store';
import { networkOf } from '@orrery/messaging';
import { noticeOf, type Scene } from '../../domain/letters/notices.ts';
import { addressOf } from '../../domain/users/no-address.ts';
import { findById } from '../../views/people.view.ts';
import type { Post } from './post.ts';

/** Where others act they are not told of: it is the person's letter. */
const sceneOf = (userId: UserId, { principal, origin }: CommandContext): Scene => {
  if (principal.kind !== 'nobody' && personOf(principal) !== userId) return { by: 'operator' };
  const network = origin && isIP(origin.ip) ? networkOf(origin.ip) : undefined;
  return { by: 'person', network, userAgent: origin?.userAgent };
};

/** Tells people by letter of what changes how their account is opened. */
export class Notices {
  constructor(
    private readonly store: EventStore,
    private readonly post: Post,
    private readonly publicUrl: string,
  ) {}

  /** For the unit of the facts: the letter that tells of them, where there is one and somewhere to send it. Say `collect` afterwards. */
  async of(person: UserId, context: CommandContext): Promise<(events: readonly identity.IdentityEvent[]) => readonly Write[]> {
    const to = addressOf((await findById(this.store, person))?.email ?? '');
    if (!to) return () => [];
    const scene = sceneOf(person, context);
    return (events) => {
      const letter = noticeOf(events, { to, publicUrl: this.publicUrl }, scene);
      return letter ? [this.post.slip(letter, { person })] : [];
    };
  }

  collect(): void {
    this.post.collect();
  }
}

import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { LettersTable, letterIn } from './letters-table.ts';
import { Post } from './post.ts';

/** How far back somebody looks for the letters of one address. */
const searched = 1_000;

@Controller()
export class OutboxHandler {
  private readonly table: LettersTable;

  constructor(
    private readonly store: EventStore,
    private readonly post: Post,
  ) {
    this.table = new LettersTable(store);
  }

  @Serves(identity.ReadOutbox)
  async read({ to, limit }: InputOf<typeof identity.ReadOutbox>): Promise<OutputOf<typeof identity.ReadOutbox>> {
    if (!this.post.isReadable) return refuse({ code: 'OutboxClosed', details: {} });
    const rows = await this.table.newest(to === undefined ? limit : searched);
    const items = rows.flatMap((row) => {
      const letter = letterIn(this.store, row);
      const { id, state, createdAt, endedAt } = row;
      return letter && (to === undefined || letter.to === to) ? [{ id, ...letter, state, createdAt, endedAt }] : [];
    });
    return { items: items.slice(0, limit) };
  }
}

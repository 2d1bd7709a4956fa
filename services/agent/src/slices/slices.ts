import { pause, pauseOf } from '@orrery/kernel';
import type { NvidiaSmi, Said } from '../discovery/nvidia-smi.ts';
import { createdIn, deviceOf, type Instance, instancesOf, uuidIn } from './listing.ts';
import { type Note, Notes } from './notes.ts';

export interface Slice {
  readonly gpu: number;
  /** The number by which the driver knows it on its GPU. */
  readonly instance: number;
  /** `MIG-…`, by which programs name it. */
  readonly uuid: string;
}

export interface SliceWish {
  readonly gpu: number;
  readonly profile: string;
  /** The memory slice that it begins at; null: wherever there is room. */
  readonly start: number | null;
}

export interface SlicesOptions {
  readonly smi: NvidiaSmi;
  readonly directory: string;
  readonly bootId: string;
}

const changeMs = 30_000;
/** A program that was just killed may hold its slice for a moment longer. */
const destroyTries = 6;
const backOff = { firstMs: 100, longestMs: 2_000 };

const lastLine = ({ text }: Said): string => text.trim().split('\n').at(-1) ?? '';

const isOf = (note: Note, { gpu, profile, id, start }: Instance): boolean =>
  gpu === note.gpu &&
  profile === note.profile &&
  (note.start === null || note.start === start) &&
  (note.id === null ? !note.others.includes(id) : note.id === id);

/** Slices of GPUs in MIG mode, each made for one attempt and destroyed after it. Those that it did not make it leaves alone. */
export class Slices {
  private readonly notes: Notes;
  private readonly held = new Map<string, Slice>();
  /** The driver is told one thing at a time: what a slice is follows from what was there before it. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SlicesOptions) {
    this.notes = new Notes(options.directory);
  }

  /** Attempts that have a slice, or may have one. */
  keys(): readonly string[] {
    return this.notes.keys();
  }

  of(key: string): Slice | undefined {
    return this.held.get(key);
  }

  /** Makes it, or takes up the one that an earlier agent made. */
  async take(key: string, wish: SliceWish): Promise<Slice> {
    return await this.alone(async () => {
      const slice = (await this.known(key)) ?? (await this.make(key, wish));
      this.held.set(key, slice);
      return slice;
    });
  }

  /** Destroys it. Nothing of it runs any more. */
  async give(key: string): Promise<void> {
    const note = this.notes.read(key);
    if (note !== undefined) await this.alone(() => this.destroy(key, note));
    this.held.delete(key);
    this.notes.remove(key);
  }

  /** Those that nobody here has made. */
  async others(): Promise<readonly Instance[]> {
    const notes = this.keys().flatMap((key) => this.notes.read(key) ?? []);
    return (await this.list()).filter((instance) => !notes.some((note) => this.isOf(note, instance)));
  }

  private isOf(note: Note, instance: Instance): boolean {
    return note.bootId === this.options.bootId && isOf(note, instance);
  }

  /** Of two attempts that had the same place one after the other, the second knows the number of its slice. */
  private async find(key: string, note: Note): Promise<Instance | undefined> {
    const taken = this.keys().flatMap((other) => (other === key ? [] : (this.notes.read(other) ?? [])));
    return (await this.list()).find(
      (instance) => this.isOf(note, instance) && !taken.some((each) => each.id === instance.id && this.isOf(each, instance)),
    );
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return await mine;
  }

  private async list(): Promise<readonly Instance[]> {
    const said = await this.options.smi(['mig', '-lgi']);
    if (said.isOk) return instancesOf(said.text);
    if (/^No (GPU instances|MIG-enabled devices) found/m.test(said.text)) return [];
    throw new Error(`the slices of the GPUs cannot be listed: ${lastLine(said)}`);
  }

  private async known(key: string): Promise<Slice | undefined> {
    const note = this.notes.read(key);
    const instance = note && (await this.find(key, note));
    return instance && { gpu: instance.gpu, instance: instance.id, uuid: await this.uuidOf(instance) };
  }

  private async make(key: string, { gpu, profile, start }: SliceWish): Promise<Slice> {
    const { smi, bootId } = this.options;
    const others = (await this.list()).filter((each) => each.gpu === gpu).map(({ id }) => id);
    const note: Note = { bootId, gpu, profile, start, others, id: null };
    this.notes.write(key, note);
    const said = await smi(['mig', '-i', String(gpu), '-cgi', start === null ? profile : `${profile}:${start}`, '-C'], changeMs);
    const id = createdIn(said.text);
    if (!said.isOk || id === undefined) {
      await this.destroy(key, note);
      this.notes.remove(key);
      throw new Error(`GPU ${gpu} gives no slice ${profile}: ${lastLine(said)}`);
    }
    this.notes.write(key, { ...note, id });
    return { gpu, instance: id, uuid: await this.uuidOf({ gpu, id }) };
  }

  private async uuidOf({ gpu, id }: Pick<Instance, 'gpu' | 'id'>): Promise<string> {
    const { smi } = this.options;
    const xml = await smi(['-q', '-x', '-i', String(gpu)]);
    const device = xml.isOk ? deviceOf(xml.text, id) : undefined;
    const list = await smi(['-L']);
    const uuid = device === undefined ? undefined : uuidIn(list.text, gpu, device);
    if (uuid === undefined) throw new Error(`slice ${id} of GPU ${gpu} has no device that a program could use`);
    return uuid;
  }

  private async destroy(key: string, note: Note): Promise<void> {
    const { smi } = this.options;
    for (let tries = 1; ; tries += 1) {
      const instance = await this.find(key, note);
      if (instance === undefined) return;
      const which = ['-i', String(note.gpu), '-gi', String(instance.id)];
      // Of a slice that was only half made there is nothing to destroy first.
      await smi(['mig', '-dci', ...which], changeMs);
      const said = await smi(['mig', '-dgi', ...which], changeMs);
      if (said.isOk) return;
      if (tries >= destroyTries) throw new Error(`slice ${instance.id} of GPU ${note.gpu} cannot be destroyed: ${lastLine(said)}`);
      await pause(pauseOf(tries, backOff));
    }
  }
}

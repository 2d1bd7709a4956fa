export type Labels<L extends string> = Readonly<Record<L, string>>;

export interface Recorder<L extends string> {
  readonly name: string;
  record(value: number, labels: Labels<L>): void;
}
